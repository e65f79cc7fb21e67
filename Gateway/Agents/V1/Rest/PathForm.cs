using System.Collections.Concurrent;

using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// How a server takes a path: <c>git/changes?path=P</c>, or <c>git/changes/P</c> as 1.1 does (PROTOCOL.md, "V1 REST"). What a server does
/// not know is asked in the other form, and the form that it knew is used from then on. One for the process; any thread.
/// </summary>
internal sealed class PathForm
{
    // Servers of sandboxes come and go; what is forgotten is asked again.
    private const int MaxKnown = 1_000;

    private readonly ConcurrentDictionary<Uri, bool> _inPath = new();

    /// <summary>Asks in the form that this server knows, as far as it is known.</summary>
    /// <param name="route">Without the path: <c>api/git/changes</c>.</param>
    public async Task<RestResult> AskAsync(V1Endpoint endpoint, string route, string path, Func<string, Task<RestResult>> ask)
    {
        var inPath = _inPath.GetValueOrDefault(endpoint.BaseUrl);
        var result = await ask(Write(route, path, inPath));
        if (!IsUnknownRoute(result))
        {
            return result;
        }

        var other = await ask(Write(route, path, !inPath));
        if (IsUnknownRoute(other))
        {
            return result;
        }

        if (_inPath.Count >= MaxKnown)
        {
            _inPath.Clear();
        }

        _inPath[endpoint.BaseUrl] = !inPath;
        return other;
    }

    /// <summary>The address in the form that this server knows, as far as it is known: for what cannot be asked twice.</summary>
    public string Write(V1Endpoint endpoint, string route, string path) =>
        Write(route, path, _inPath.GetValueOrDefault(endpoint.BaseUrl));

    /// <summary>What the framework says of a route that it does not have; a file that is not there is another text.</summary>
    private static bool IsUnknownRoute(RestResult result) =>
        result.Status == 405 || (result.Status == 404 && result.Object.Text("detail") == "Not Found");

    private static string Write(string route, string path, bool inPath) =>
        inPath ? $"{route}/{Uri.EscapeDataString(path)}" : $"{route}?path={Uri.EscapeDataString(path)}";
}
