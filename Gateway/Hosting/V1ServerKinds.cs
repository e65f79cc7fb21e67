using Gateway.Agents.V1;
using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// What a running agent-server says that it may send, held against the table of translation; or why it could not be asked. Immutable.
/// </summary>
/// <param name="Version">As it says itself; null when it does not.</param>
internal sealed record V1ServerKinds(string? Version, IReadOnlyList<ServerKind> Kinds, string? Problem = null)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Asks the server. Without <paramref name="key"/> the one of the settings is used, unless those name another server that it is for.
    /// Neither is ever in what is returned.
    /// </summary>
    /// <param name="url">Its base address, http or https; a path in it is kept.</param>
    public static async Task<V1ServerKinds> AskAsync(string url, string? key, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return Failed("--url is no http or https URL");
        }

        if (address.UserInfo.Length > 0)
        {
            return Failed("--url has a name or password in it; a key is given by --key or V1__SessionApiKey");
        }

        var endpoint = V1Endpoint.Create(url, string.IsNullOrEmpty(key) ? ConfiguredKey(address) : key);
        await using var services = new ServiceCollection().AddMetrics().AddSingleton<V1Metrics>().BuildServiceProvider();
        using var rest = new V1RestClient(
            Options.Create(new V1Options { RequestTimeout = s_limit }), TimeProvider.System, services.GetRequiredService<V1Metrics>());
        var answer = await rest.GetAsync(endpoint, "openapi.json", cancellationToken);
        if (!answer.IsSuccess)
        {
            return Failed(answer switch
            {
                { Status: 0 } => $"{endpoint} cannot be reached",
                { IsUnauthorized: true } => $"{endpoint} refuses the key; --key or V1__SessionApiKey gives another",
                _ => $"{endpoint} is no agent-server: it answers {answer.Status} for its openapi.json",
            });
        }

        var kinds = answer.Object is { } document ? ServerKinds.Read(document) : [];
        if (kinds.Count == 0)
        {
            return Failed($"{endpoint} is no agent-server: its openapi.json describes none of V1's events");
        }

        var about = await rest.GetAsync(endpoint, "server_info", cancellationToken);
        return new V1ServerKinds(about.Object?.TextOrNull("version"), kinds);
    }

    private static V1ServerKinds Failed(string problem) => new(null, [], problem);

    private static string? ConfiguredKey(Uri address)
    {
        var settings = WebApplication.CreateBuilder([]).Configuration.GetSection(V1Options.Section).Get<V1Options>() ?? new V1Options();
        var owner = settings.BaseUrl ?? settings.AppServerUrl;
        var isOfAnother = Uri.TryCreate(owner, UriKind.Absolute, out var known)
            && Uri.Compare(known, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) != 0;
        return isOfAnother ? null : settings.SessionApiKey;
    }
}
