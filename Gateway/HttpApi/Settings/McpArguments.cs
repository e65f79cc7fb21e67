using System.Text;

using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// The arguments of an MCP server's command: a list of texts, or one text that is split as a POSIX shell would. Pure.
/// </summary>
internal static class McpArguments
{
    public static JArray Read(RequestFields server, string name)
    {
        if (server.Json[name] is not { Type: JTokenType.String } text)
        {
            return new JArray(server.OptionalTexts(name) ?? []);
        }

        if (TrySplit((string?)text ?? "", out var words, out var fault))
        {
            return new JArray(words);
        }

        server.Errors.Rule(
            server.LocationOf(name),
            $"Invalid argument format: {fault}. Use shell-like format, e.g., \"arg1 arg2\" or '--config \"value with spaces\"'",
            text);
        return [];
    }

    /// <summary>False, with Python's words for it, when a quote or an escape is open at the end.</summary>
    public static bool TrySplit(string text, out List<string> words, out string fault)
    {
        words = [];
        fault = "";
        StringBuilder? word = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case ' ' or '\t' or '\r' or '\n':
                    End(words, ref word);
                    break;
                case '\'' or '"':
                    word ??= new StringBuilder();
                    if (!TryQuoted(text, ref i, word, out fault))
                    {
                        return false;
                    }

                    break;
                case '\\' when i + 1 == text.Length:
                    fault = "No escaped character";
                    return false;
                case '\\':
                    (word ??= new StringBuilder()).Append(text[++i]);
                    break;
                default:
                    (word ??= new StringBuilder()).Append(c);
                    break;
            }
        }

        End(words, ref word);
        return true;
    }

    /// <summary>From the opening quote to the closing one.</summary>
    private static bool TryQuoted(string text, ref int at, StringBuilder word, out string fault)
    {
        var quote = text[at];
        for (at++; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                fault = "";
                return true;
            }

            // In double quotes a backslash stands for itself, unless a quote or another one follows.
            if (quote == '"' && text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\')
            {
                at++;
            }

            word.Append(text[at]);
        }

        fault = "No closing quotation";
        return false;
    }

    private static void End(List<string> words, ref StringBuilder? word)
    {
        if (word is not null)
        {
            words.Add(word.ToString());
            word = null;
        }
    }
}
