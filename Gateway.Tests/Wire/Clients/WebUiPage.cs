using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// The tests' own web UI in a browser's page (<c>clients/web-ui</c>). Keeps what it asked and what came by its socket. Owns the page; one
/// test drives it.
/// </summary>
internal sealed class WebUiPage(BrowserPage page, Uri origin) : IAsyncDisposable
{
    private readonly List<string> _calls = [];

    /// <summary>The events that came, those of all sockets of this page.</summary>
    public List<JObject> Events { get; } = [];

    /// <summary>The ids of those that are of the conversation's log.</summary>
    public IEnumerable<int> EventIds =>
        Events.Where(static json => json["id"]?.Type == JTokenType.Integer).Select(static json => json.Value<int>("id"));

    /// <summary>The bodies of the answers that came last, by what was asked: <c>GET /api/settings</c>.</summary>
    public Dictionary<string, JToken> Answers { get; } = [];

    /// <summary>What was answered with an error, with its status: <c>GET /api/settings 404</c>.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>The path of each connection.</summary>
    public List<string> Sockets { get; } = [];

    public IReadOnlyCollection<string> Complaints => page.Complaints;

    /// <summary>Loads the page at a path, and reads on until it says this.</summary>
    public async Task LoadAsync(string path, string until)
    {
        await page.NavigateAsync(new Uri(origin, path));
        await UntilAsync(until);
    }

    public async Task DoAsync(string command, JObject? with = null, string? until = null)
    {
        await page.RunAsync(new JObject(with ?? []) { ["do"] = command });
        if (until is not null)
        {
            await UntilAsync(until);
        }
    }

    public Task UntilAsync(string on) => UntilAsync(seen => seen.On == on);

    /// <summary>Reads on until an event is one like this, and gives it.</summary>
    public async Task<JObject> UntilEventAsync(Func<JObject, bool> isIt) =>
        (JObject)(await UntilAsync(seen => seen is { On: "event", Value: JObject json } && isIt(json))).Value;

    /// <summary>Reads on until the agent's state is this; it may be so already.</summary>
    public async Task UntilStateAsync(string state)
    {
        if (StateOf(Events.FindLast(static e => StateOf(e) is not null)) != state)
        {
            await UntilEventAsync(e => StateOf(e) == state);
        }
    }

    /// <summary>Reads on until such a call has been answered: <c>GET /api/settings</c>.</summary>
    public Task UntilAnswerAsync(string call) => UntilAsync(seen => seen.On == "answer" && CallOf(seen.Value) == call);

    /// <summary>What was asked since this was called last, in the order of asking.</summary>
    public IReadOnlyList<string> TakeCalls()
    {
        string[] calls = [.. _calls];
        _calls.Clear();
        return calls;
    }

    public ValueTask DisposeAsync() => page.DisposeAsync();

    private async Task<Observation> UntilAsync(Func<Observation, bool> isIt)
    {
        while (true)
        {
            var seen = await page.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            seen.On.Should().NotBe("exception", "{0}", seen.Value);
            Note(seen);
            if (isIt(seen))
            {
                return seen;
            }
        }
    }

    private void Note(Observation seen)
    {
        switch (seen)
        {
            case { On: "event", Value: JObject json }:
                Events.Add(json);
                break;
            case { On: "connect", Value: var path }:
                Sockets.Add((string?)path ?? "");
                break;
            case { On: "ask", Value: var call }:
                _calls.Add((string?)call ?? "");
                break;
            case { On: "answer", Value: JObject answer }:
                Answers[CallOf(answer)] = answer["body"] ?? JValue.CreateNull();
                if ((int?)answer["status"] >= 400)
                {
                    Failures.Add($"{CallOf(answer)} {answer["status"]}");
                }

                break;
        }
    }

    private static string? StateOf(JObject? json) => (string?)json?["extras"]?["agent_state"];

    private static string CallOf(JToken answer) => $"{answer["method"]} {answer["path"]}";
}
