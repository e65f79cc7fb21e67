using System.Reflection;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting.Settings;

/// <summary>
/// Checks all settings before anything uses one, and reports every error at once: names that nobody reads, texts that are no values,
/// values out of bounds, addresses that are none.
/// </summary>
internal static class SettingsCheck
{
    /// <summary>Throws one <see cref="OptionsValidationException"/> with every failure.</summary>
    public static void Run(IServiceProvider provider, IServiceCollection services, IConfigurationRoot configuration)
    {
        var unreadable = SettingText.FindProblems(configuration);
        string[] failures =
        [
            .. UnknownSettings.Find(configuration),
            .. ListenAddresses.FindProblems(configuration),
            .. unreadable.Values,
            .. CheckedTypes(services).SelectMany(type => FailuresOf(type, provider, configuration, unreadable.Keys)),
        ];
        if (failures.Length > 0)
        {
            throw new OptionsValidationException(
                "settings", typeof(SettingsCheck), failures.Select(failure => V0Settings.Explain(failure, configuration)).Distinct());
        }
    }

    private static IEnumerable<string> FailuresOf(
        Type type, IServiceProvider provider, IConfiguration configuration, IReadOnlyCollection<string> unreadable)
    {
        var section = KnownSettings.SectionOf(type);
        if (section is not null && unreadable.Any(key => key.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase)))
        {
            return FailuresOfTheReadable(type, section, provider, configuration, unreadable);
        }

        try
        {
            // The value is made, and so checked, when it is first asked for.
            var options = typeof(IOptions<>).MakeGenericType(type);
            options.GetProperty(nameof(IOptions<>.Value))!.GetValue(provider.GetRequiredService(options)); // IOptions<T> has it.
            return [];
        }
        catch (Exception exception) when (InvalidOf(exception) is { } invalid)
        {
            // Some are made with what others say, and that says its own faults: what stands in this section is checked all the same.
            return invalid.OptionsType == type ? invalid.Failures.Select(failure => NamedAsSet(type, failure))
                : section is not null ? FailuresOfTheReadable(type, section, provider, configuration, unreadable)
                : [];
        }
        catch (TargetInvocationException exception) when (exception.InnerException is InvalidOperationException unbound)
        {
            return [unbound.Message];
        }
    }

    // Thrown when the value is asked for, or already when what makes it is.
    private static OptionsValidationException? InvalidOf(Exception exception) =>
        exception as OptionsValidationException ?? exception.InnerException as OptionsValidationException;

    /// <summary>
    /// The first text that is no value would keep .NET from reading the others, and so would a fault in another section on which this one
    /// depends: the rest is checked all the same.
    /// </summary>
    private static IEnumerable<string> FailuresOfTheReadable(
        Type type, string section, IServiceProvider provider, IConfiguration configuration, IReadOnlyCollection<string> unreadable)
    {
        var readable = configuration.GetSection(section).AsEnumerable()
            .Where(setting => setting.Value is not null && !unreadable.Contains(setting.Key, StringComparer.OrdinalIgnoreCase));
        var options = new ConfigurationBuilder().AddInMemoryCollection(readable).Build().GetSection(section).Get(type)
            ?? Activator.CreateInstance(type);
        var validator = typeof(IValidateOptions<>).MakeGenericType(type);
        var validate = validator.GetMethod(nameof(IValidateOptions<>.Validate));
        return provider.GetServices(validator)
            .Select(check => validate?.Invoke(check, [Options.DefaultName, options]))
            .OfType<ValidateOptionsResult>()
            .Where(static result => result.Failed)
            .SelectMany(static result => result.Failures ?? [])
            .Select(failure => NamedAsSet(type, failure));
    }

    /// <summary>The checks of attributes name a class and its property; operators know a section and a setting.</summary>
    private static string NamedAsSet(Type type, string failure)
    {
        var ofAttribute = $"The field {type.Name}.";
        var at = failure.IndexOf(ofAttribute, StringComparison.Ordinal);
        return at < 0 ? failure : $"{KnownSettings.SectionOf(type)}:{failure[(at + ofAttribute.Length)..]}";
    }

    private static IEnumerable<Type> CheckedTypes(IServiceCollection services) => services
        .Select(static service => service.ServiceType)
        .Where(static type => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
        .Select(static type => type.GenericTypeArguments[0])
        .Where(static type => type.Namespace?.StartsWith(nameof(Gateway), StringComparison.Ordinal) is true)
        .Distinct()
        .OrderBy(static type => type.Name, StringComparer.Ordinal);
}
