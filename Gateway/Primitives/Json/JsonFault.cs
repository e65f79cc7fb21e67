using System.Buffers;
using System.Globalization;

namespace Gateway.Primitives.Json;

/// <summary>Where a text stops being JSON, in the words and positions (characters from 0) of V0's parser. Pure.</summary>
internal readonly record struct JsonFault(int Position, string Message)
{
    // Deeper than any body that a route takes; the readers behind this refuse it as well.
    private const int MaxDepth = 512;

    private const string TooDeep = "Nested too deep";

    /// <summary>True when the text may be JSON, and is nested deeper than it is looked at.</summary>
    public bool IsNesting => Message == TooDeep;

    /// <summary>The whole sentence of V0's parser, with lines and columns from 1.</summary>
    public string Describe(string text)
    {
        var before = text.AsSpan(0, Math.Min(Position, text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - before.LastIndexOf('\n');
        return string.Create(CultureInfo.InvariantCulture, $"{Message}: line {line} column {column} (char {Position})");
    }

    /// <summary>Null when the text is one JSON value.</summary>
    public static JsonFault? Find(string text)
    {
        var scan = new Scan(text);
        try
        {
            scan.SkipBlanks();
            scan.Value(0);
            scan.SkipBlanks();
            return scan.Position < text.Length ? new JsonFault(scan.Position, "Extra data") : null;
        }
        catch (FormatException exception)
        {
            return new JsonFault(scan.FaultPosition, exception.Message);
        }
    }

    private sealed class Scan(string text)
    {
        private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

        public int Position { get; private set; }

        public int FaultPosition { get; private set; }

        private char Current => Position < text.Length ? text[Position] : '\0';

        public void SkipBlanks()
        {
            while (Position < text.Length && text[Position] is ' ' or '\t' or '\n' or '\r')
            {
                Position++;
            }
        }

        public void Value(int depth)
        {
            switch (Current)
            {
                case '"':
                    Text();
                    break;
                case '{' when depth < MaxDepth:
                    Members(depth + 1);
                    break;
                case '[' when depth < MaxDepth:
                    Elements(depth + 1);
                    break;
                case '{' or '[':
                    throw Fault(Position, TooDeep);
                default:
                    if (!TryWord("null") && !TryWord("true") && !TryWord("false") && !TryNumber())
                    {
                        throw Fault(Position, "Expecting value");
                    }

                    break;
            }
        }

        private void Members(int depth)
        {
            Position++;
            SkipBlanks();
            if (Current == '}')
            {
                Position++;
                return;
            }

            while (true)
            {
                if (Current != '"')
                {
                    throw Fault(Position, "Expecting property name enclosed in double quotes");
                }

                Text();
                SkipBlanks();
                if (Current != ':')
                {
                    throw Fault(Position, "Expecting ':' delimiter");
                }

                Position++;
                SkipBlanks();
                Value(depth);
                if (!Next('}'))
                {
                    return;
                }
            }
        }

        private void Elements(int depth)
        {
            Position++;
            SkipBlanks();
            if (Current == ']')
            {
                Position++;
                return;
            }

            do
            {
                Value(depth);
            }
            while (Next(']'));
        }

        /// <summary>Past a comma, and then there is one more; or past the end.</summary>
        private bool Next(char end)
        {
            SkipBlanks();
            if (Current == end)
            {
                Position++;
                return false;
            }

            if (Current != ',')
            {
                throw Fault(Position, "Expecting ',' delimiter");
            }

            Position++;
            SkipBlanks();
            return true;
        }

        private void Text()
        {
            var start = Position++;
            while (Position < text.Length)
            {
                switch (text[Position])
                {
                    case '"':
                        Position++;
                        return;
                    case '\\':
                        Escape(start);
                        break;
                    case < ' ':
                        throw Fault(Position, "Invalid control character at");
                    default:
                        Position++;
                        break;
                }
            }

            throw Fault(start, "Unterminated string starting at");
        }

        private void Escape(int start)
        {
            Position++;
            if (Position == text.Length)
            {
                throw Fault(start, "Unterminated string starting at");
            }

            if (text[Position] == 'u')
            {
                if (Position + 4 >= text.Length || text.AsSpan(Position + 1, 4).ContainsAnyExcept(s_hexDigits))
                {
                    throw Fault(Position, "Invalid \\uXXXX escape");
                }

                Position += 5;
                return;
            }

            if (!"\"\\/bfnrt".Contains(text[Position], StringComparison.Ordinal))
            {
                throw Fault(Position - 1, "Invalid \\escape");
            }

            Position++;
        }

        private bool TryWord(string word)
        {
            if (string.CompareOrdinal(text, Position, word, 0, word.Length) != 0)
            {
                return false;
            }

            Position += word.Length;
            return true;
        }

        private bool TryNumber()
        {
            var at = Position;
            at += at < text.Length && text[at] == '-' ? 1 : 0;
            if (at >= text.Length || !char.IsAsciiDigit(text[at]))
            {
                return false;
            }

            at = text[at] == '0' ? at + 1 : SkipDigits(at);
            if (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit(text[at + 1]))
            {
                at = SkipDigits(at + 1);
            }

            if (at < text.Length && text[at] is 'e' or 'E')
            {
                var digits = at + 1 < text.Length && text[at + 1] is '+' or '-' ? at + 2 : at + 1;
                at = digits < text.Length && char.IsAsciiDigit(text[digits]) ? SkipDigits(digits) : at;
            }

            Position = at;
            return true;
        }

        private int SkipDigits(int at)
        {
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            return at;
        }

        private FormatException Fault(int position, string message)
        {
            FaultPosition = position;
            return new FormatException(message);
        }
    }
}
