using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// Reads the fields of one JSON object as V0's validation takes them: absent and null are the same for an optional field, whole numbers may
/// be written as text, truth as one of a few words. What does not fit is added to <paramref name="errors"/>, and the field reads as absent.
/// Not thread-safe.
/// </summary>
/// <param name="fields">The object.</param>
/// <param name="errors">Where faults are collected.</param>
/// <param name="location">Where the object stands, such as <c>body</c>.</param>
internal sealed partial class RequestFields(JObject fields, RequestErrors errors, params JToken[] location)
{
    // More are a number of no use, and a parser's work.
    private const int MaxDigits = 4_300;

    private static readonly HashSet<string> s_true = new(StringComparer.OrdinalIgnoreCase) { "1", "on", "t", "true", "y", "yes" };
    private static readonly HashSet<string> s_false = new(StringComparer.OrdinalIgnoreCase) { "0", "off", "f", "false", "n", "no" };

    public JObject Json => fields;

    /// <summary>Where faults are collected: for rules that are not about a field's type.</summary>
    public RequestErrors Errors => errors;

    /// <summary>Where a field of this object stands.</summary>
    public JArray LocationOf(params JToken[] path) => new(location.Concat(path).Select(static part => part.DeepClone()));

    /// <summary>True when the field is there and not null.</summary>
    public bool Has(string name) => fields[name] is { Type: not JTokenType.Null };

    /// <summary>A field of the object that nobody asked for is a fault. To be called after the known ones.</summary>
    public void ForbidOthers(params ReadOnlySpan<string> known)
    {
        foreach (var property in fields.Properties())
        {
            if (!known.Contains(property.Name))
            {
                errors.Add("extra_forbidden", LocationOf(property.Name), "Extra inputs are not permitted", property.Value);
            }
        }
    }

    public string? OptionalText(string name) => Has(name) ? Text(name) : null;

    /// <summary>Empty, with a fault added, when it is missing or no text (null too).</summary>
    public string RequiredText(string name, int minLength = 0, int maxLength = int.MaxValue)
    {
        if (fields[name] is null)
        {
            errors.Missing(LocationOf(name), fields);
            return "";
        }

        if (Text(name) is not { } text)
        {
            return "";
        }

        // V0 counts code points.
        var length = text.EnumerateRunes().Count();
        if (length < minLength)
        {
            errors.Add(
                "string_too_short", LocationOf(name), $"String should have at least {minLength} {Characters(minLength)}", text,
                    new JObject { ["min_length"] = minLength });
        }
        else if (length > maxLength)
        {
            errors.Add(
                "string_too_long", LocationOf(name), $"String should have at most {maxLength} {Characters(maxLength)}", text,
                    new JObject { ["max_length"] = maxLength });
        }

        return text;
    }

    public bool? OptionalBoolean(string name)
    {
        switch (fields[name])
        {
            case null or { Type: JTokenType.Null }:
                return null;
            case { Type: JTokenType.Boolean } value:
                return value.Value<bool>();
            case { Type: JTokenType.Integer or JTokenType.Float or JTokenType.Raw } number when Number(number) is 0 or 1:
                return Number(number) is 1;
            case { Type: JTokenType.String } text when s_true.Contains(text.Value<string>() ?? ""):
                return true;
            case { Type: JTokenType.String } text when s_false.Contains(text.Value<string>() ?? ""):
                return false;
            case { Type: JTokenType.Object or JTokenType.Array } other:
                errors.Add("bool_type", LocationOf(name), "Input should be a valid boolean", other);
                return null;
            case { } other:
                errors.Add("bool_parsing", LocationOf(name), "Input should be a valid boolean, unable to interpret input", other);
                return null;
        }
    }

    /// <summary>As <see cref="OptionalBoolean"/>, where null is a fault. False when the field is absent or no truth.</summary>
    public bool RequiredBoolean(string name)
    {
        if (fields[name] is { Type: JTokenType.Null } nothing)
        {
            errors.Add("bool_type", LocationOf(name), "Input should be a valid boolean", nothing);
        }

        return OptionalBoolean(name) ?? false;
    }

    public long? OptionalInteger(string name)
    {
        switch (fields[name])
        {
            case null or { Type: JTokenType.Null }:
                return null;
            case { Type: JTokenType.Integer or JTokenType.Float or JTokenType.Raw } number when Number(number) is { } value:
                if (value == Math.Floor(value) && Math.Abs(value) < long.MaxValue)
                {
                    return (long)value;
                }

                errors.Add("int_from_float", LocationOf(name), "Input should be a valid integer, got a number with a fractional part",
                    number);
                return null;
            case { Type: JTokenType.Boolean } truth:
                return truth.Value<bool>() ? 1 : 0;
            case { Type: JTokenType.String } text:
                return ParseInteger(text.Value<string>() ?? "", LocationOf(name), errors);
            case { } other:
                errors.Add("int_type", LocationOf(name), "Input should be a valid integer", other);
                return null;
        }
    }

    public double? OptionalNumber(string name)
    {
        switch (fields[name])
        {
            case null or { Type: JTokenType.Null }:
                return null;
            case { Type: JTokenType.Integer or JTokenType.Float or JTokenType.Raw } number when Number(number) is { } value:
                return value;
            case { Type: JTokenType.Boolean } truth:
                return truth.Value<bool>() ? 1 : 0;
            case { Type: JTokenType.String } text:
                if (double.TryParse(text.Value<string>()?.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed))
                {
                    return parsed;
                }

                errors.Add("float_parsing", LocationOf(name), "Input should be a valid number, unable to parse string as a number", text);
                return null;
            case { } other:
                errors.Add("float_type", LocationOf(name), "Input should be a valid number", other);
                return null;
        }
    }

    /// <summary>The elements as they are; null when the field is absent, null or no list.</summary>
    public JArray? OptionalList(string name)
    {
        switch (fields[name])
        {
            case null or { Type: JTokenType.Null }:
                return null;
            case JArray list:
                return list;
            case { } other:
                errors.Add("list_type", LocationOf(name), "Input should be a valid list", other);
                return null;
        }
    }

    /// <summary>Every element must be a text.</summary>
    public IReadOnlyList<string>? OptionalTexts(string name)
    {
        if (OptionalList(name) is not { } list)
        {
            return null;
        }

        var texts = new List<string>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is { Type: JTokenType.String } text)
            {
                texts.Add(text.Value<string>() ?? "");
            }
            else
            {
                errors.Add("string_type", LocationOf(name, i), "Input should be a valid string", list[i]);
            }
        }

        return texts;
    }

    /// <summary>
    /// The fields of each object in a list; faults are added as it is gone through. Null is no list, as V0's lists of objects have it.
    /// </summary>
    public IEnumerable<RequestFields> OptionalObjects(string name)
    {
        if (fields[name] is { Type: JTokenType.Null } nothing)
        {
            errors.Add("list_type", LocationOf(name), "Input should be a valid list", nothing);
            yield break;
        }

        foreach (var (i, element) in (OptionalList(name) ?? []).Index())
        {
            if (element is JObject inner)
            {
                yield return new RequestFields(inner, errors, [.. location, name, i]);
            }
            else
            {
                errors.NotAnObject(LocationOf(name, i), element);
            }
        }
    }

    /// <summary>Other fields at the same place.</summary>
    public RequestFields With(JObject other) => new(other, errors, location);

    /// <summary>The fields of an object within this one; null when the field is absent, null or no object.</summary>
    public RequestFields? OptionalObject(string name)
    {
        switch (fields[name])
        {
            case null or { Type: JTokenType.Null }:
                return null;
            case JObject inner:
                return new RequestFields(inner, errors, [.. location, name]);
            case { } other:
                errors.NotAnObject(LocationOf(name), other);
                return null;
        }
    }

    /// <summary>
    /// A whole number written as text, as a query has it; null, with a fault added, when it is none. One that is too large for us is the
    /// largest there is: V0's have no bounds.
    /// </summary>
    public static long? ParseInteger(string text, JArray location, RequestErrors errors)
    {
        if (text.Length <= MaxDigits
            && WholeNumber().Match(text.Trim()) is { Success: true } number
            && BigInteger.TryParse(
                number.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var parsed))
        {
            return (long)BigInteger.Clamp(parsed, long.MinValue, long.MaxValue);
        }

        errors.Add("int_parsing", location, "Input should be a valid integer, unable to parse string as an integer", text);
        return null;
    }

    private string? Text(string name)
    {
        if (fields[name] is { Type: JTokenType.String } text)
        {
            return text.Value<string>();
        }

        errors.Add("string_type", LocationOf(name), "Input should be a valid string", fields[name]);
        return null;
    }

    // The reader keeps numbers that are no plain integers as they were written.
    private static double? Number(JToken token) =>
        double.TryParse(token.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Characters(int count) => count == 1 ? "character" : "characters";

    // As V0 reads one: digits may be grouped, and a fraction of nothing is none.
    [GeneratedRegex(@"^(?<digits>[+-]?[0-9]+(_[0-9]+)*)(\.0+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex WholeNumber();
}
