using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>What became of an action, as its client knows it.</summary>
internal enum ActionEnd
{
    Acknowledged,
    Refused,

    /// <summary>No answer came, or one that nobody knows.</summary>
    Unknown,
}

/// <summary>
/// Says things in one conversation after the other, each with an answer, and remembers what it was told. One caller at a time.
/// </summary>
internal sealed class FleetWriter : IAsyncDisposable
{
    private readonly FleetClient _client;
    private readonly Random _random;
    private readonly string _name;
    private readonly IReadOnlyList<string> _conversations;
    private readonly List<JObject> _events = [];
    private int _said;

    public FleetWriter(NodeFleet fleet, FleetHistory history, string name, IReadOnlyList<string> conversations, int seed)
    {
        (_name, _conversations) = (name, conversations);
        _random = new Random(seed);
        _client = new FleetClient(fleet, history, _random, _events.Add);
    }

    /// <summary>What it has said, where, when it was answered, and what became of it.</summary>
    public List<(string Conversation, string Text, ActionEnd End, DateTimeOffset At)> Said { get; } = [];

    public List<string> Refusals { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var conversation = _conversations[_random.Next(_conversations.Count)];
            await _client.ConnectAsync(conversation, static () => int.MaxValue);
            for (var left = _random.Next(3, 12); left > 0 && !stop.IsCancellationRequested && _client.IsConnected; left--)
            {
                await SayAsync(conversation);

                // The pace of people who write, and not a wait for something.
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(100, 500)), CancellationToken.None);
            }
        }

        await _client.CutAsync();
    }

    /// <summary>Says something until it is acknowledged, and reads on until the agent has answered it and waits.</summary>
    public async Task SayAndHearAsync(string conversation)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        string text;
        do
        {
            await _client.ConnectAsync(conversation, static () => int.MaxValue);
            _events.Clear();
            text = await SayAsync(conversation);
        }
        while (Said[^1].End != ActionEnd.Acknowledged);

        while (!IsAnswered(text))
        {
            await _client.NextAsync(limit.Token);
            limit.IsCancellationRequested.Should().BeFalse("the agent of {0} answers {1}", conversation, text);
        }

        await _client.CutAsync();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private bool IsAnswered(string text)
    {
        var answer = _events.FindIndex(json =>
            NodeClient.IsEcho(json) && ((string?)json["args"]?["content"])?.Contains(text, StringComparison.Ordinal) == true);
        return answer >= 0
            && _events.FindIndex(answer, static json => (string?)json["extras"]?["agent_state"] == "awaiting_user_input") > answer;
    }

    private async Task<string> SayAsync(string conversation)
    {
        var text = $"{_name}-{_said++}.";
        var end = ActionEnd.Unknown;
        if (await _client.TryEmitAsync(text))
        {
            using var limit = new CancellationTokenSource(TestLimits.Step);
            while (await _client.NextAsync(limit.Token) is { } seen)
            {
                if (seen.On == "ack")
                {
                    end = EndOf(seen.Value.ToString());
                    break;
                }
            }
        }

        Said.Add((conversation, text, end, TimeProvider.System.GetUtcNow()));
        return text;
    }

    private ActionEnd EndOf(string answer)
    {
        if (answer == "[]")
        {
            return ActionEnd.Acknowledged;
        }

        Refusals.Add(answer);
        return answer.Contains("Nobody can say", StringComparison.Ordinal) ? ActionEnd.Unknown : ActionEnd.Refused;
    }
}
