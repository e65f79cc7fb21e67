using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>Reads fields that hold one of a fixed set of words. Stateless.</summary>
internal static class RequestWords
{
    /// <summary>Null when the field is absent or null, or, with a fault added, when it is none of the words.</summary>
    public static string? Optional(RequestFields fields, string name, IReadOnlyList<string> words) =>
        fields.Has(name) ? Read(fields, name, words) : null;

    /// <summary>Empty, with a fault added, when the field is missing or none of the words.</summary>
    public static string Required(RequestFields fields, string name, IReadOnlyList<string> words)
    {
        if (fields.Json[name] is null)
        {
            fields.Errors.Missing(fields.LocationOf(name), fields.Json);
            return "";
        }

        return Read(fields, name, words) ?? "";
    }

    private static string? Read(RequestFields fields, string name, IReadOnlyList<string> words)
    {
        var value = fields.Json[name];
        if (value is { Type: JTokenType.String } && words.Contains((string?)value))
        {
            return (string?)value;
        }

        fields.Errors.NotOneOf(fields.LocationOf(name), words, value);
        return null;
    }
}
