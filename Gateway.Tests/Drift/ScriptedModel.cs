using System.Collections.Concurrent;
using System.Globalization;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>
/// A model behind OpenAI's API (<c>/NAME/v1/chat/completions</c>) that says what a script has: the same to the same question, however often
/// it is asked. An answer can be held back. Any thread; owned by one run.
/// </summary>
internal sealed class ScriptedModel : IAsyncDisposable
{
    /// <summary>V1 waits five minutes for a model.</summary>
    private static readonly TimeSpan s_longestHold = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, Conversation> _conversations = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private ScriptedModel(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <param name="listen">An address of this machine, port 0 for a free one. The server under test must reach it.</param>
    public static async Task<ScriptedModel> StartAsync(string listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen);
        var model = new ScriptedModel(builder.Build());
        model._app.Run(model.AnswerAsync);
        await model._app.StartAsync();
        return model;
    }

    /// <summary>Answers by this script where the base address has this name in it.</summary>
    public void Play(string name, ModelScript script) => _conversations[name] = new Conversation(script);

    /// <summary>The answer to this turn (from 0) is held back until it is released; once.</summary>
    public void Hold(string name, int turn) => _conversations[name].Holds[turn] = new Held();

    public void Release(string name, int turn) => _conversations[name].Holds[turn].Released.TrySetResult();

    /// <summary>Completes when the model has been asked for a turn that is held.</summary>
    public Task AskedAsync(string name, int turn) => _conversations[name].Holds[turn].Asked.Task;

    public async ValueTask DisposeAsync()
    {
        foreach (var held in _conversations.Values.SelectMany(static conversation => conversation.Holds.Values))
        {
            held.Released.TrySetResult();
        }

        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var name = context.Request.Path.Value?.Split('/', 3)[1] ?? "";
        using var reader = new StreamReader(context.Request.Body);
        if (!_conversations.TryGetValue(name, out var conversation)
            || !JsonTree.TryReadObject(await reader.ReadToEndAsync(context.RequestAborted), out var question))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (conversation.Script.Failure is { } failure)
        {
            context.Response.StatusCode = failure;
            await WriteJsonAsync(context, new JObject
            {
                ["error"] = new JObject { ["message"] = "The script says so.", ["type"] = "invalid_request_error", ["code"] = null },
            });
            return;
        }

        var turn = question.Objects("messages").Count(static message => message.Text("role") == "assistant");
        if (question["tools"] is JArray { Count: > 0 } && conversation.Holds.TryGetValue(turn, out var held) && held.TryTake())
        {
            held.Asked.TrySetResult();
            await held.Released.Task.WaitAsync(s_longestHold, context.RequestAborted);
        }

        await WriteAnswerAsync(context, question, Turn(conversation.Script, question, turn));
    }

    /// <summary>Questions without tools are V1's own, such as for a title; what is asked beyond the script ends the turn.</summary>
    private static JObject Turn(ModelScript script, JObject question, int turn) =>
        question["tools"] is JArray { Count: > 0 } && turn < script.Turns.Count
            ? script.Turns[turn]
            : new JObject { ["role"] = "assistant", ["content"] = "Nothing more to say." };

    private static async Task WriteAnswerAsync(HttpContext context, JObject question, JObject message)
    {
        var isStream = question.Value<bool?>("stream") is true;
        var reason = message["tool_calls"] is null ? "stop" : "tool_calls";
        var answer = new JObject
        {
            ["id"] = $"chatcmpl-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)}",
            ["object"] = isStream ? "chat.completion.chunk" : "chat.completion",
            ["created"] = 1_767_225_600,
            ["model"] = question["model"],
            ["choices"] = new JArray(new JObject
            {
                ["index"] = 0,
                [isStream ? "delta" : "message"] = isStream ? Delta(message) : message.DeepClone(),
                ["finish_reason"] = reason,
            }),
            ["usage"] = new JObject { ["prompt_tokens"] = 10, ["completion_tokens"] = 5, ["total_tokens"] = 15 },
        };
        if (!isStream)
        {
            await WriteJsonAsync(context, answer);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync($"data: {answer.ToString(Formatting.None)}\n\ndata: [DONE]\n\n", context.RequestAborted);
    }

    private static JObject Delta(JObject message)
    {
        var delta = (JObject)message.DeepClone();
        var index = 0;
        foreach (var call in delta.Objects("tool_calls"))
        {
            call["index"] = index++;
        }

        return delta;
    }

    private static Task WriteJsonAsync(HttpContext context, JObject json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToString(Formatting.None), context.RequestAborted);
    }

    private sealed record Conversation(ModelScript Script)
    {
        public ConcurrentDictionary<int, Held> Holds { get; } = new();
    }

    /// <summary>An answer that waits. The first who asks for it waits; who asks again, after a stop, does not.</summary>
    private sealed class Held
    {
        private int _taken;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;
    }
}
