using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// Reads the parameters of a query as V0's validation takes them; what does not fit is added to <paramref name="errors"/>. Of a repeated
/// parameter the last counts. Not thread-safe.
/// </summary>
internal sealed class RequestQuery(IQueryCollection query, RequestErrors errors)
{
    public bool Has(string name) => query.ContainsKey(name);

    public string? OptionalText(string name) => query.TryGetValue(name, out var values) ? values[^1] ?? "" : null;

    /// <summary>Empty, with a fault added, when it is missing.</summary>
    public string RequiredText(string name)
    {
        if (OptionalText(name) is { } text)
        {
            return text;
        }

        errors.Missing(LocationOf(name), null);
        return "";
    }

    public int? OptionalInteger(string name) =>
        OptionalText(name) is { } text && RequestFields.ParseInteger(text, LocationOf(name), errors) is { } number
            ? (int)Math.Clamp(number, int.MinValue, int.MaxValue)
            : null;

    public bool? OptionalBoolean(string name) => OptionalText(name) is { } text
        ? new RequestFields(new JObject { [name] = text }, errors, "query").OptionalBoolean(name)
        : null;

    /// <summary>One of a fixed set of words.</summary>
    public string? OptionalWord(string name, IReadOnlyList<string> words)
    {
        if (OptionalText(name) is not { } text || words.Contains(text, StringComparer.Ordinal))
        {
            return OptionalText(name);
        }

        errors.NotOneOf(LocationOf(name), words, text);
        return null;
    }

    private static JArray LocationOf(string name) => ["query", name];
}
