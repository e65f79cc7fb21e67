using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Observe;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>What a client says that it is, short enough to count by. Pure.</summary>
internal static class ClientName
{
    private const int Longest = 40;

    private static readonly string[] s_browsers = ["Edg", "OPR", "Firefox", "Chrome", "HeadlessChrome", "Safari"];

    public static string Of(HttpMessage request) => Of(request.Header("user-agent"));

    public static string Of(HarEntry entry) => Of(entry.RequestHeader("user-agent"));

    public static string Of(string? agent)
    {
        if (string.IsNullOrWhiteSpace(agent))
        {
            return "says nothing of itself";
        }

        if (agent.StartsWith("Mozilla/", StringComparison.Ordinal))
        {
            return s_browsers.FirstOrDefault(name => agent.Contains(name + "/", StringComparison.Ordinal)) ?? "a browser";
        }

        // The product and its main version: `python-requests/2`.
        var first = agent.Split(' ')[0];
        var name = first.Split('.')[0];
        return new string([.. name.Take(Longest).Where(static c => char.IsAsciiLetterOrDigit(c) || "-_/".Contains(c))]);
    }
}
