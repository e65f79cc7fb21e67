using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Calls;

/// <summary>
/// A user's command as the shell script that the agent-server runs: it says at its end in which directory it is, so that the next one can
/// begin there, and it and all that it starts bear a mark by which they can be ended. Exit code and output are the command's own.
/// Immutable.
/// </summary>
internal sealed class TerminalCommand
{
    public const int TimeoutSeconds = 300;

    private const string MarkVariable = "GATEWAY_TERMINAL";
    private const int StopTimeoutSeconds = 10;

    private readonly string _mark;

    /// <param name="mark">Unlike any other command's; letters and digits.</param>
    public TerminalCommand(JObject args, string? directory, string mark)
    {
        _mark = mark;
        Text = args.Text("command");
        Body = Request(Script(Text), TimeoutSeconds);
        if ((args.TextOrNull("cwd") is { Length: > 0 } given ? given : directory) is { } start)
        {
            Body["cwd"] = start;
        }
    }

    /// <summary>What the user has typed.</summary>
    public string Text { get; }

    /// <summary>The request for the server.</summary>
    public JObject Body { get; }

    /// <summary>
    /// A request that ends the command and all that it has started: politely, and a second later without asking. Needs Linux's
    /// <c>/proc</c>, as the servers' images have it; elsewhere it does nothing.
    /// </summary>
    public JObject StopBody => Request(
        $$"""
        for signal in TERM KILL; do
          for environment in /proc/[0-9]*/environ; do
            if tr '\0' '\n' <"$environment" 2>/dev/null | grep -qx '{{MarkVariable}}={{_mark}}'; then
              process=${environment%/environ}
              kill -"$signal" "${process#/proc/}" 2>/dev/null
            fi
          done
          [ "$signal" = KILL ] || sleep 1
        done
        """,
        StopTimeoutSeconds);

    /// <summary>The output without the script's own last words, and the directory in them; null when it did not come to its end.</summary>
    public (string Output, string? Directory) Read(string output)
    {
        var last = output.LastIndexOf(Sign, StringComparison.Ordinal);
        var first = last <= 0 ? -1 : output.LastIndexOf(Sign, last - 1, StringComparison.Ordinal);
        return first < 0
            ? (output, null)
            : (output.Remove(first, last + Sign.Length - first), output[(first + Sign.Length)..last]);
    }

    private string Sign => $"<{MarkVariable}={_mark}>";

    private static JObject Request(string script, int timeoutSeconds) => new() { ["command"] = script, ["timeout"] = timeoutSeconds };

    // The server's shell is any sh, and users write for bash. A trap, so that an exit in the command is no way past it; the command has
    // lines of its own, so that whatever it ends with (a comment, an open quote) ends there.
    private string Script(string command)
    {
        var script = $"trap 'code=$?; printf \"%s%s%s\" \"{Sign}\" \"$PWD\" \"{Sign}\"; exit $code' EXIT\n{command}\n";
        return $"exec env {MarkVariable}={_mark} \"$(command -v bash || command -v sh)\" -c {Quoted(script)}";
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
