using System.Globalization;
using System.Text;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// How Python shows a value in a text: V0's messages are made with <c>f"{value}"</c>, and one holds the <c>repr</c> of a dict. Pure.
/// </summary>
internal static class PythonText
{
    /// <summary>
    /// <c>str(value)</c>: a string as it is, all else as <see cref="Repr"/>. An absent value is empty.
    /// </summary>
    public static string Str(JToken? value) => value switch
    {
        null => "",
        JRaw => Repr(value),
        JValue { Type: JTokenType.String } text => (string?)text ?? "",
        _ => Repr(value),
    };

    /// <summary><c>repr(value)</c>.</summary>
    public static string Repr(JToken value)
    {
        var text = new StringBuilder();
        AppendRepr(text, value);
        return text.ToString();
    }

    /// <summary><c>repr(float)</c>: the shortest text that reads back as the same number, always with a point or an exponent.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return "null";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        // .NET and Python agree on the shortest digits, but not on where to put point and exponent.
        var sign = value < 0 ? "-" : "";
        var (digits, point) = Digits(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        return point switch
        {
            > 16 or < -3 => sign + WithExponent(digits, point - 1),
            <= 0 => $"{sign}0.{new string('0', -point)}{digits}",
            _ when digits.Length <= point => $"{sign}{digits.PadRight(point, '0')}.0",
            _ => $"{sign}{digits[..point]}.{digits[point..]}",
        };
    }

    /// <summary>The first <paramref name="count"/> code points, as Python's slices count.</summary>
    public static string Take(string text, int count)
    {
        var at = 0;
        while (count-- > 0 && at < text.Length)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        }

        return text[..at];
    }

    /// <summary>The significant digits, and how many of them stand before the point: <c>1.5E-07</c> gives 15 and -6.</summary>
    private static (string Digits, int Point) Digits(string number)
    {
        var mark = number.IndexOf('E', StringComparison.Ordinal);
        var exponent = mark < 0 ? 0 : int.Parse(number.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = mark < 0 ? number : number[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var significant = digits.TrimStart('0');
        var before = (point < 0 ? digits.Length : point) - (digits.Length - significant.Length);
        return (significant.TrimEnd('0'), before + exponent);
    }

    private static string WithExponent(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : $"{digits[..1]}.{digits[1..]}";
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static void AppendRepr(StringBuilder text, JToken value)
    {
        switch (value)
        {
            case JObject members:
                text.Append('{');
                AppendAll(text, members.Properties(), static (text, property) =>
                {
                    AppendQuoted(text, property.Name);
                    text.Append(": ");
                    AppendRepr(text, property.Value);
                });
                text.Append('}');
                break;
            case JArray items:
                text.Append('[');
                AppendAll(text, items, AppendRepr);
                text.Append(']');
                break;
            case JRaw raw:
                text.Append(RawNumber((string?)raw.Value ?? ""));
                break;
            case JValue { Type: JTokenType.String } item:
                AppendQuoted(text, (string?)item ?? "");
                break;
            case JValue { Type: JTokenType.Boolean } item:
                text.Append((bool)item ? "True" : "False");
                break;
            case JValue { Type: JTokenType.Float } item:
                text.Append(Number((double)item));
                break;
            case JValue { Value: { } item }:
                text.Append(CultureInfo.InvariantCulture, $"{item}");
                break;
            default:
                text.Append("None");
                break;
        }
    }

    private static void AppendAll<T>(StringBuilder text, IEnumerable<T> items, Action<StringBuilder, T> append)
    {
        var first = true;
        foreach (var item in items)
        {
            if (!first)
            {
                text.Append(", ");
            }

            first = false;
            append(text, item);
        }
    }

    /// <summary>A number as it stood in JSON: a big integer stays, a float is shown as Python shows it.</summary>
    private static string RawNumber(string number)
    {
        if (number.AsSpan().IndexOfAny(".eE") < 0)
        {
            return number == "-0" ? "0" : number;
        }

        var value = double.Parse(number, CultureInfo.InvariantCulture);
        return double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf") : Number(value);
    }

    private static void AppendQuoted(StringBuilder text, string value)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                AppendPoint(text, char.ConvertToUtf32(value[i], value[++i]), quote);
            }
            else
            {
                AppendPoint(text, value[i], quote);
            }
        }

        text.Append(quote);
    }

    private static void AppendPoint(StringBuilder text, int point, char quote)
    {
        if (point == quote || point == '\\')
        {
            text.Append('\\').Append((char)point);
        }
        else if (point is '\n' or '\r' or '\t')
        {
            text.Append(point switch { '\n' => "\\n", '\r' => "\\r", _ => "\\t" });
        }
        else if (!IsPrintable(point))
        {
            var width = point switch { < 0x100 => "x2", < 0x10000 => "x4", _ => "x8" };
            text.Append(point switch { < 0x100 => "\\x", < 0x10000 => "\\u", _ => "\\U" });
            text.Append(point.ToString(width, CultureInfo.InvariantCulture));
        }
        else if (point < 0x10000)
        {
            text.Append((char)point);
        }
        else
        {
            text.Append(char.ConvertFromUtf32(point));
        }
    }

    /// <summary><c>str.isprintable</c>.</summary>
    private static bool IsPrintable(int point) => point == ' ' || CharUnicodeInfo.GetUnicodeCategory(point) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
