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
    private const int MaxOutputLength = 30_000;

    private readonly string _mark;

    /// <param name="mark">Unlike any other command's; letters and digits.</param>
    public TerminalCommand(JObject args, string? directory, string mark)
    {
        _mark = mark;
        Text = args.Text("command");
        Body = Request(Script(Text, args.TextOrNull("cwd") is { Length: > 0 } given ? given : directory), TimeoutSeconds);
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

    /// <summary>Output as V0 stores it: of what is longer than 30,000 characters the middle is left out.</summary>
    public static string Shortened(string output)
    {
        if (output.Length <= MaxOutputLength)
        {
            return output;
        }

        // Never between the two halves of one character.
        var head = MaxOutputLength / 2;
        var tail = output.Length - (MaxOutputLength / 2);
        head -= char.IsHighSurrogate(output[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(output[tail]) ? 1 : 0;
        return $"{output.AsSpan(0, head)}\n[... Observation truncated due to length ...]\n{output.AsSpan(tail)}";
    }

    private string Sign => $"<{MarkVariable}={_mark}>";

    private static JObject Request(string script, int timeoutSeconds) => new() { ["command"] = script, ["timeout"] = timeoutSeconds };

    // The server's shell is any sh, and users write for bash. A trap, so that an exit in the command is no way past it; the command has
    // lines of its own, so that whatever it ends with (a comment, an open quote) ends there.
    // The directory is gone to here, because a server that is given one that is gone does not even say so: then the shell says it, the
    // command does not run in another one, and the next one begins in the workspace.
    private string Script(string command, string? directory)
    {
        var start = directory is null ? "" : $"cd -- {Quoted(directory)} >/dev/null || exit\n";
        var script = $"trap 'code=$?; printf \"%s%s%s\" \"{Sign}\" \"$PWD\" \"{Sign}\"; exit $code' EXIT\n{start}{command}\n";
        return $"exec env {MarkVariable}={_mark} \"$(command -v bash || command -v sh)\" -c {Quoted(script)}";
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
