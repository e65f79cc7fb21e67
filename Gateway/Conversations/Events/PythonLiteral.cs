using System.Globalization;
using System.Text;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Reads a Python literal (<c>ast.literal_eval</c> of dicts, lists, tuples, strings, numbers, True, False, None), which old events hold
/// in place of arguments. Pure; anything else is no literal.
/// </summary>
internal static class PythonLiteral
{
    private const int MaxDepth = 100;

    public static bool TryParse(string text, out JToken value)
    {
        var parser = new Parser(text);
        var isLiteral = parser.TryValue(0, out value) && parser.AtEnd();
        return isLiteral;
    }

    private ref struct Parser(string text)
    {
        private ReadOnlySpan<char> _rest = text;

        public bool AtEnd()
        {
            _rest = _rest.TrimStart();
            return _rest.IsEmpty;
        }

        public bool TryValue(int depth, out JToken value)
        {
            value = JValue.CreateNull();
            if (AtEnd() || depth > MaxDepth)
            {
                return false;
            }

            switch (_rest[0])
            {
                case '{':
                    return TryDict(depth, out value);
                case '[':
                    return TryList(depth, ']', out value);
                case '(':
                    return TryList(depth, ')', out value);
                case '\'' or '"':
                    var isText = TryText(out var text);
                    value = text;
                    return isText;
                default:
                    return TryWord(out value);
            }
        }

        private bool TryDict(int depth, out JToken value)
        {
            var members = new JObject();
            value = members;
            Take('{');
            while (!Take('}'))
            {
                if (AtEnd() || _rest[0] is not ('\'' or '"') || !TryText(out var name) || !Take(':') || !TryValue(depth + 1, out var member))
                {
                    return false;
                }

                members[name] = member;
                if (!Take(',') && !Peek('}'))
                {
                    return false;
                }
            }

            return true;
        }

        private bool TryList(int depth, char close, out JToken value)
        {
            var items = new JArray();
            value = items;
            _rest = _rest[1..];
            while (!Take(close))
            {
                if (!TryValue(depth + 1, out var item))
                {
                    return false;
                }

                items.Add(item);
                if (!Take(',') && !Peek(close))
                {
                    return false;
                }
            }

            return true;
        }

        private bool TryText(out string value)
        {
            var text = new StringBuilder();
            var quote = _rest[0];
            _rest = _rest[1..];
            while (!_rest.IsEmpty && _rest[0] != quote && _rest[0] != '\n')
            {
                if (_rest[0] != '\\')
                {
                    text.Append(_rest[0]);
                    _rest = _rest[1..];
                }
                else if (!TryEscape(text))
                {
                    break;
                }
            }

            value = text.ToString();
            if (_rest.IsEmpty || _rest[0] != quote)
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }

        private bool TryEscape(StringBuilder text)
        {
            if (_rest.Length < 2)
            {
                return false;
            }

            var letter = _rest[1];
            var digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                return TryCodePoint(text, digits);
            }

            var plain = letter switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', 'a' => '\a', 'v' => '\v', '0' => '\0', _ => letter };
            _rest = _rest[2..];
            if (letter is not ('n' or 'r' or 't' or 'b' or 'f' or 'a' or 'v' or '0' or '\\' or '\'' or '"'))
            {
                // Python keeps the backslash of an escape it does not know.
                text.Append('\\');
            }

            text.Append(plain);
            return true;
        }

        private bool TryCodePoint(StringBuilder text, int digits)
        {
            if (_rest.Length < digits + 2
                || !int.TryParse(_rest.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
                || point is < 0 or > 0x10FFFF)
            {
                return false;
            }

            text.Append(point < 0x10000 ? ((char)point).ToString() : char.ConvertFromUtf32(point));
            _rest = _rest[(digits + 2)..];
            return true;
        }

        private bool TryWord(out JToken value)
        {
            var length = 0;
            while (length < _rest.Length && (char.IsAsciiLetterOrDigit(_rest[length]) || _rest[length] is '+' or '-' or '.' or '_'))
            {
                length++;
            }

            var word = _rest[..length];
            _rest = _rest[length..];
            value = word switch
            {
                "True" => new JValue(true),
                "False" => new JValue(false),
                _ => JValue.CreateNull(),
            };
            return word is "True" or "False" or "None" || TryNumber(word, out value);
        }

        private static bool TryNumber(ReadOnlySpan<char> word, out JToken value)
        {
            value = JValue.CreateNull();
            if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            {
                value = integer;
                return true;
            }

            if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                value = number;
                return true;
            }

            return false;
        }

        private bool Peek(char expected) => !AtEnd() && _rest[0] == expected;

        private bool Take(char expected)
        {
            if (!Peek(expected))
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }
    }
}
