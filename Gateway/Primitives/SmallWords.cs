using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Primitives;

/// <summary>
/// Names of the code as log lines and metrics write them: small, with underscores (<c>ping_timeout</c>). Stateless; any thread.
/// </summary>
internal static class SmallWords
{
    public static string Of<T>(T value)
        where T : struct, Enum => Known<T>.Words.TryGetValue(value, out var words) ? words : Of(value.ToString());

    /// <param name="name">A name of the code's own; never a text that a client sent.</param>
    public static string Of(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static class Known<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Words =
            Enum.GetValues<T>().Distinct().ToFrozenDictionary(static value => value, static value => Of(value.ToString()));
    }
}
