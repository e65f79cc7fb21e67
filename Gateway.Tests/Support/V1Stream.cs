using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A V1 conversation that goes on and on: recorded turns one after the other, with ids and times of their own, which a stand-in server
/// shows at a steady pace. Owned by one test.
/// </summary>
internal sealed class V1Stream : IAsyncDisposable
{
    /// <summary>What the last message says.</summary>
    public const string End = "this is the end";

    private static readonly string[] s_turns = ["v1/task-events", "v1/two-subscribers"];
    private static readonly string[] s_names = ["id", "tool_call_id", "llm_response_id"];

    private readonly StandInV1Server _server;
    private readonly TimeSpan _pace;
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncGate _shown = new();
    private Task _showing = Task.CompletedTask;

    private V1Stream(StandInV1Server server, TimeSpan pace) => (_server, _pace) = (server, pace);

    public string BaseUrl => _server.BaseUrl;

    /// <summary>How many events have happened.</summary>
    public int Shown => _server.Shown;

    /// <param name="pace">From one event to the next.</param>
    /// <param name="length">Events that there are at least.</param>
    /// <param name="cutAfter">As <see cref="StandInV1Server.CutAfter"/>.</param>
    public static async Task<V1Stream> CreateAsync(TimeSpan pace, int length, Func<int, int?>? cutAfter = null)
    {
        var server = new StandInV1Server(Log(length), Wire.V1.V1Stage.Id) { CutAfter = cutAfter ?? (static _ => null) };
        return new V1Stream(await server.StartAsync(), pace);
    }

    /// <summary>Events happen from now on, so many at most.</summary>
    public void Begin(int count = int.MaxValue) => _showing = ShowAsync(count);

    /// <summary>Complete when so many events have happened.</summary>
    public Task ReachAsync(int count) => _shown.WhenAsync(() => Shown >= count).WaitAsync(TestLimits.Slow);

    /// <summary>No more of them happen but a last message.</summary>
    public async Task EndAsync()
    {
        await StopAsync();
        _server.Append(new JObject
        {
            ["id"] = "ffffffff-0000-4000-8000-000000000000",
            ["timestamp"] = "2099-01-01T00:00:00.000000",
            ["source"] = "user",
            ["llm_message"] = new JObject
            {
                ["role"] = "user",
                ["content"] = new JArray(new JObject { ["type"] = "text", ["text"] = End }),
            },
            ["kind"] = "MessageEvent",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private static List<JObject> Log(int length)
    {
        var turns = s_turns.Select(static name => V1Recording.Load(name).Log).ToList();
        var log = new List<JObject>();
        for (var n = 0; log.Count < length; n++)
        {
            log.AddRange(Again(turns[n % turns.Count], n));
        }

        return log;
    }

    /// <summary>The same turn, an hour later for each that was before it.</summary>
    private static IEnumerable<JObject> Again(IReadOnlyList<JObject> turn, int number)
    {
        var text = new JArray(turn).ToString(Formatting.None);
        foreach (var id in turn.SelectMany(static e => s_names.Select(name => e.Text(name))).Where(static id => id.Length > 8).Distinct())
        {
            text = text.Replace(id, $"{number:x8}{id[8..]}", StringComparison.Ordinal);
        }

        // Read as they are: dates stay text.
        if (!JsonTree.TryReadObject($$"""{"turn":{{text}}}""", out var again))
        {
            throw new InvalidDataException(text);
        }

        foreach (var v1Event in again.Objects("turn"))
        {
            var time = DateTime.Parse(v1Event.Text("timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            v1Event["timestamp"] = time.AddHours(number).ToUniversalTime()
                .ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);
            yield return v1Event;
        }
    }

    private async Task ShowAsync(int count)
    {
        using var timer = new PeriodicTimer(_pace);
        try
        {
            while (Shown < count && await timer.WaitForNextTickAsync(_stop.Token))
            {
                _server.Show(1);
                _shown.Look();
            }
        }
        catch (OperationCanceledException)
        {
            // No more of them happen.
        }
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _showing;
    }

    /// <summary>Lets those go on for whom something has come true. Any thread.</summary>
    private sealed class AsyncGate
    {
        private TaskCompletionSource _look = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Look() =>
            Interlocked.Exchange(ref _look, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

        public async Task WhenAsync(Func<bool> isSo)
        {
            while (true)
            {
                var look = Volatile.Read(ref _look).Task;
                if (isSo())
                {
                    return;
                }

                await look.WaitAsync(TestLimits.Step);
            }
        }
    }
}
