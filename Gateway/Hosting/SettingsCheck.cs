using System.Reflection;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// Checks all settings before anything uses one, and reports every error at once: of every options class that has a check, what
/// cannot be read as well as what is out of bounds.
/// </summary>
internal static class SettingsCheck
{
    // Every options class has this constant.
    private const string SectionName = "Section";

    /// <summary>Throws one <see cref="OptionsValidationException"/> with every failure.</summary>
    public static void Run(IServiceProvider provider, IServiceCollection services)
    {
        var failures = new List<string>();
        foreach (var type in CheckedTypes(services))
        {
            try
            {
                // The value is made, and so checked, when it is first asked for.
                var options = typeof(IOptions<>).MakeGenericType(type);
                options.GetProperty(nameof(IOptions<>.Value))!.GetValue(provider.GetRequiredService(options)); // IOptions<T> has it.
            }
            catch (TargetInvocationException exception) when (exception.InnerException is OptionsValidationException invalid)
            {
                failures.AddRange(invalid.Failures.Select(failure => NamedAsSet(type, failure)));
            }
            catch (TargetInvocationException exception) when (exception.InnerException is InvalidOperationException unreadable)
            {
                var found = FailuresOneByOne(type, provider);
                failures.AddRange(found.Count > 0 ? found : [unreadable.Message]);
            }
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException("settings", typeof(SettingsCheck), failures);
        }
    }

    /// <summary>The checks of attributes name a class and its property; operators know a section and a setting.</summary>
    private static string NamedAsSet(Type type, string failure)
    {
        var ofAttribute = $"The field {type.Name}.";
        var at = failure.IndexOf(ofAttribute, StringComparison.Ordinal);
        return at < 0 ? failure : $"{type.GetField(SectionName)?.GetRawConstantValue()}:{failure[(at + ofAttribute.Length)..]}";
    }

    /// <summary>The first value that cannot be read keeps .NET from reading the others: here each is read for itself, then those that could be are checked.</summary>
    private static List<string> FailuresOneByOne(Type type, IServiceProvider provider)
    {
        var failures = new List<string>();
        var section = provider.GetRequiredService<IConfiguration>().GetSection(type.GetField(SectionName)?.GetRawConstantValue() as string ?? type.Name);
        var options = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties().Where(static property => property.CanWrite))
        {
            try
            {
                if (section.GetSection(property.Name).Get(property.PropertyType) is { } value)
                {
                    property.SetValue(options, value);
                }
            }
            catch (InvalidOperationException unreadable)
            {
                failures.Add(unreadable.Message);
            }
        }

        var validator = typeof(IValidateOptions<>).MakeGenericType(type);
        var validate = validator.GetMethod(nameof(IValidateOptions<>.Validate));
        foreach (var check in provider.GetServices(validator))
        {
            if (validate?.Invoke(check, [Options.DefaultName, options]) is ValidateOptionsResult { Failed: true } result)
            {
                failures.AddRange(result.Failures.Select(failure => NamedAsSet(type, failure)));
            }
        }

        return failures;
    }

    private static IEnumerable<Type> CheckedTypes(IServiceCollection services) => services
        .Select(static service => service.ServiceType)
        .Where(static type => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
        .Select(static type => type.GenericTypeArguments[0])
        .Where(static type => type.Namespace?.StartsWith(nameof(Gateway), StringComparison.Ordinal) is true)
        .Distinct()
        .OrderBy(static type => type.Name, StringComparer.Ordinal);
}
