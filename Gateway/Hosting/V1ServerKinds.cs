using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

namespace Gateway.Hosting;

/// <summary>
/// What a running agent-server says that it may send, held against the table of translation; or why it could not be asked. Immutable.
/// </summary>
/// <param name="Version">As it says itself; null when it does not.</param>
internal sealed record V1ServerKinds(string? Version, IReadOnlyList<ServerKind> Kinds, string? Problem = null)
{
    /// <summary>
    /// Asks the server. Without <paramref name="key"/> the one of the settings is used, unless those name another server that it is for.
    /// Neither is ever in what is returned.
    /// </summary>
    /// <param name="url">Its base address, http or https; a path in it is kept.</param>
    public static async Task<V1ServerKinds> AskAsync(string url, string? key, CancellationToken cancellationToken)
    {
        var (opened, problem) = OpenedV1.Open("--url", url, key);
        if (opened is null)
        {
            return Failed(problem ?? "");
        }

        using var server = opened;
        var (rest, endpoint) = (server.Rest, server.Endpoint);
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
}
