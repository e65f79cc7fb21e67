using System.Buffers;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// What the program at the other end calls itself, for a log line. It is the client's own word, so it is cut and cleaned. Pure.
/// </summary>
internal static class ClientLibrary
{
    /// <summary>The header of the handshake that it is read from, in lower case.</summary>
    public const string Header = "user-agent";

    private const string Unknown = "unknown";
    private const int MaxLength = 64;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./+");

    /// <summary>
    /// <c>browser</c>, or the last product of a library's user agent (<c>aiohttp/3.9.1</c>); <c>unknown</c> where there is none.
    /// </summary>
    public static string NameOf(IReadOnlyDictionary<string, string> headers)
    {
        if (headers.GetValueOrDefault(Header) is not { Length: > 0 } agent)
        {
            return Unknown;
        }

        if (agent.StartsWith("Mozilla/", StringComparison.Ordinal))
        {
            return "browser";
        }

        // As "Python/3.11 aiohttp/3.9.1": the library stands behind its language.
        var text = agent.AsSpan().Trim();
        var name = text[(text.LastIndexOf(' ') + 1)..];
        return string.Create(Math.Min(name.Length, MaxLength), name, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = s_allowed.Contains(source[i]) ? source[i] : '?';
            }
        });
    }
}
