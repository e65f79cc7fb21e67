using Gateway.Agents.V1;
using Gateway.Agents.V1.Upstream;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// An agent-server that a tool talks to, beside the one that the program would serve with. Owned by who opens it. Its key is in nothing
/// that it says.
/// </summary>
internal sealed class OpenedV1 : IDisposable
{
    // Nobody waits for an answer but the tool itself.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ServiceProvider _services;

    private OpenedV1(V1Endpoint endpoint, ServiceProvider services)
    {
        (Endpoint, _services) = (endpoint, services);
        Rest = new V1RestClient(
            Options.Create(new V1Options { RequestTimeout = s_limit }), TimeProvider.System, services.GetRequiredService<V1Metrics>());
    }

    public V1Endpoint Endpoint { get; }

    public V1RestClient Rest { get; }

    /// <summary>
    /// Without <paramref name="key"/> the one of the settings is used, unless those name another server that it is for. What is wrong is
    /// said in a line.
    /// </summary>
    /// <param name="option">The option that names the server.</param>
    /// <param name="url">Its base address, http or https; a path in it is kept.</param>
    /// <param name="key">Its key; null or empty: see above.</param>
    public static (OpenedV1? Opened, string? Problem) Open(string option, string url, string? key)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return (null, $"{option} is no http or https URL");
        }

        return address.UserInfo.Length > 0
            ? (null, $"{option} has a name or password in it; a key is given by --key or V1__SessionApiKey")
            : (new OpenedV1(
                V1Endpoint.Create(url, string.IsNullOrEmpty(key) ? ConfiguredKey(address) : key),
                new ServiceCollection().AddMetrics().AddSingleton<V1Metrics>().BuildServiceProvider()), null);
    }

    /// <summary>
    /// How conversations are made on the server: by this file, or by that of the settings (<see cref="V1Options.ConversationTemplate"/>).
    /// </summary>
    public static (ConversationTemplate? Template, string? Problem) OpenTemplate(string? path)
    {
        var settings = Settings();
        settings.ConversationTemplate = path ?? settings.ConversationTemplate;
        if (string.IsNullOrEmpty(settings.ConversationTemplate))
        {
            return (null, "a conversation is made by a template: --template or V1__ConversationTemplate names its file");
        }

        try
        {
            return (new ConversationTemplate(Options.Create(settings)), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"the template cannot be read: {exception.Message}");
        }
        catch (InvalidDataException)
        {
            return (null, "the template is no JSON object");
        }
    }

    public void Dispose()
    {
        Rest.Dispose();
        _services.Dispose();
    }

    private static V1Options Settings() =>
        GatewayApp.CreateBuilder([]).Configuration.GetSection(V1Options.Section).Get<V1Options>() ?? new V1Options();

    private static string? ConfiguredKey(Uri address)
    {
        var settings = Settings();
        var owner = settings.BaseUrl ?? settings.AppServerUrl;
        var isOfAnother = Uri.TryCreate(owner, UriKind.Absolute, out var known)
            && Uri.Compare(known, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0;
        return isOfAnother ? null : settings.SessionApiKey;
    }
}
