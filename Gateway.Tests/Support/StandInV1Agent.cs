using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// An agent of a stand-in V1 server that does what it is called for, as the real one did (recordings <c>v1-1.58/run-limit</c>,
/// <c>v1-1.58/interrupt-session</c>, <c>v1/confirm</c>): what is not said by a call, a test says. Commands run in a real shell.
/// Thread-safe.
/// </summary>
internal sealed class StandInV1Agent(StandInV1Server server)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _messages = new();
    private int _number;

    /// <summary>As many conversations run as may: nothing more does.</summary>
    public bool IsLimited { get; set; }

    /// <summary>The server has a terminal for each conversation.</summary>
    public bool HasConversationTerminal { get; set; } = true;

    /// <summary>Comes before a message is stored; false: it never is, and the connection is cut.</summary>
    public Func<string, Task<bool>> BeforeMessage { get; set; } = static _ => Task.FromResult(true);

    /// <summary>Comes after a message is stored, before its answer; a status answers with that, 0 cuts the connection.</summary>
    public Func<string, Task<int?>> AfterMessage { get; set; } = static _ => Task.FromResult<int?>(null);

    /// <summary>The texts of the messages that were stored, and whether each was to run.</summary>
    public IReadOnlyCollection<string> Messages => _messages;

    /// <summary>The server's own directory; each conversation's workspace is elsewhere.</summary>
    public string OwnDirectory { get; set; } = "/";

    public string Workspace { get; set; } = "/";

    public void SetStatus(string status) => server.Append(StateUpdate("execution_status", status));

    /// <summary>The agent wants to run a command.</summary>
    public void Act(string command)
    {
        var number = Next();
        server.Append(Event("ActionEvent", "agent", new JObject
        {
            ["id"] = $"action-{number}",
            ["thought"] = new JArray(),
            ["action"] = new JObject { ["command"] = command, ["kind"] = "TerminalAction" },
            ["tool_name"] = "terminal",
            ["tool_call_id"] = $"call-{number}",
            ["tool_call"] = new JObject { ["id"] = $"call-{number}", ["name"] = "terminal", ["arguments"] = "{}" },
            ["security_risk"] = "HIGH",
        }));
    }

    /// <summary>The agent says something, and has finished.</summary>
    public void Finish(string text)
    {
        server.Append(Message("agent", "assistant", Content(text)));
        SetStatus("finished");
    }

    public async Task<bool> TryHandleAsync(HttpContext context, string path, string root, string body)
    {
        _ = JsonTree.TryReadObject(body, out var json);
        switch (path.Replace(root, "", StringComparison.Ordinal))
        {
            case "/events":
                await TakeMessageAsync(context, json);
                return true;
            case "/run":
                await StandInAnswer.WriteAsync(context, TryRun() is var status && status == 200 ? 200 : status, Body(status));
                return true;
            case "/interrupt" when server.HasSessionSocket:
                Pause("InterruptEvent");
                break;
            case "/pause":
                Pause("PauseEvent");
                break;
            case "/events/respond_to_confirmation":
                if (json["accept"] is not JValue { Value: true })
                {
                    Reject(json.Text("reason"));
                }
                else if (TryRun() == 429)
                {
                    await StandInAnswer.WriteAsync(context, 429, Body(429));
                    return true;
                }

                break;
            case "/bash/execute_bash_command" when HasConversationTerminal:
                await ExecuteAsync(context, json, Workspace);
                return true;
            case "/api/bash/execute_bash_command":
                await ExecuteAsync(context, json, OwnDirectory);
                return true;
            default:
                await StandInAnswer.WriteAsync(context, 404, new JObject { ["detail"] = "Not Found" });
                return true;
        }

        await StandInAnswer.WriteAsync(context, 200, Body(200));
        return true;
    }

    private static JObject Body(int status) => status switch
    {
        409 => new JObject { ["detail"] = "Conversation already running." },
        429 => new JObject { ["detail"] = "Conversation run limit reached. Retry the request later." },
        _ => new JObject { ["success"] = true },
    };

    private static JArray Content(string text) =>
        new(new JObject { ["cache_prompt"] = false, ["type"] = "text", ["text"] = text });

    private static async Task ExecuteAsync(HttpContext context, JObject request, string directory)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", request.Text("command")])
        {
            WorkingDirectory = request.TextOrNull("cwd") ?? directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await Task.WhenAll(output, errors, process.WaitForExitAsync()).WaitAsync(TestLimits.Step);
        await StandInAnswer.WriteAsync(context, 200, new JObject
        {
            ["exit_code"] = process.ExitCode,
            ["stdout"] = await output is { Length: > 0 } text ? text : null,
            ["stderr"] = await errors is { Length: > 0 } error ? error : null,
            ["kind"] = "BashOutput",
        });
    }

    private async Task TakeMessageAsync(HttpContext context, JObject message)
    {
        var text = string.Concat(message.Objects("content").Select(static item => item.Text("text")));
        if (!await BeforeMessage(text))
        {
            context.Abort();
            return;
        }

        var runs = message["run"] is JValue { Value: true };
        int status;
        lock (_lock)
        {
            _messages.Enqueue(runs ? text : $"{text} (not run)");
            if (server.Status is "finished" or "stuck")
            {
                SetStatus("idle");
            }

            server.Append(Message("user", "user", Content(text)));
            status = runs && server.Status != "running" ? TryRun() : 200;
        }

        switch (await AfterMessage(text) ?? status)
        {
            case 0:
                context.Abort();
                break;
            case 429:
                await StandInAnswer.WriteAsync(context, 429, new JObject
                {
                    ["detail"] = "Message saved, but the conversation run limit was reached. Retry POST /run without resending the message.",
                });
                break;
            case var answer:
                await StandInAnswer.WriteAsync(context, answer, Body(answer));
                break;
        }
    }

    private int TryRun()
    {
        lock (_lock)
        {
            if (server.Status == "running")
            {
                return 409;
            }

            if (IsLimited)
            {
                return 429;
            }

            SetStatus("running");
            return 200;
        }
    }

    private void Pause(string kind)
    {
        lock (_lock)
        {
            if (server.Status is "running" or "idle")
            {
                kind = server.Status == "idle" ? "PauseEvent" : kind;
                SetStatus("paused");
                server.Append(Event(kind, "user", []));
            }
        }
    }

    private void Reject(string reason)
    {
        lock (_lock)
        {
            if (server.Status == "waiting_for_confirmation")
            {
                SetStatus("idle");
                var number = Volatile.Read(ref _number);
                server.Append(Event("UserRejectObservation", "environment", new JObject
                {
                    ["tool_name"] = "terminal",
                    ["tool_call_id"] = $"call-{number}",
                    ["action_id"] = $"action-{number}",
                    ["rejection_reason"] = reason,
                    ["rejection_source"] = "user",
                }));
            }
        }
    }

    private int Next() => Interlocked.Increment(ref _number);

    private static JObject StateUpdate(string key, string value) =>
        Event("ConversationStateUpdateEvent", "environment", new JObject { ["key"] = key, ["value"] = value });

    private static JObject Message(string source, string role, JArray content) => Event("MessageEvent", source, new JObject
    {
        ["llm_message"] = new JObject { ["role"] = role, ["content"] = content, ["thinking_blocks"] = new JArray() },
        ["activated_skills"] = new JArray(),
        ["extended_content"] = new JArray(),
    });

    private static JObject Event(string kind, string source, JObject fields)
    {
        fields["id"] ??= Guid.NewGuid().ToString();
        fields["timestamp"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        fields["source"] = source;
        fields["kind"] = kind;
        return fields;
    }
}
