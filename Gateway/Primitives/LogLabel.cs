namespace Gateway.Primitives;

/// <summary>A text that a client chose, for the labels of log lines: cut and cleaned. Pure.</summary>
internal static class LogLabel
{
    private const int MaxLength = 64;

    public static string Clean(string value) =>
        string.Create(Math.Min(value.Length, MaxLength), value, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = char.IsAsciiLetterOrDigit(source[i]) || source[i] is '-' or '_' or '.' ? source[i] : '?';
            }
        });
}
