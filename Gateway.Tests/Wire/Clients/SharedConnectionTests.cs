using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// The JavaScript client with several conversations on one connection, in each encoding and over each transport: one program does it all.
/// </summary>
public sealed class SharedConnectionTests : IAsyncLifetime
{
    private const string Key = "the-right-key";

    private readonly ProcessRunner _node = ProcessRunner.Start("node", ["shared-driver.mjs"], ClientPrograms.Folder);

    private readonly List<JObject> _unread = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task Conversations_OnOneConnection_AreSeenAsByConnectionsOfTheirOwn()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var conversation = store.Conversations().Single();
        var stored = ReplayRules.Apply(store.Events(conversation));
        await using var host = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}");
        List<JToken>? first = null;
        foreach (var (transport, msgpack) in new[] { ("websocket", false), ("websocket", true), ("polling", true) })
        {
            var own = $"/conversations/{conversation}";
            var other = $"/conversations/other-{transport}-{msgpack}";
            await CommandAsync(new
            {
                @do = "manage",
                url = host.Address.ToString(),
                options = new { transports = new[] { transport } },
                msgpack,
            });
            await JoinAsync(own, new { session_api_key = Key, latest_event_id = -1 });
            var replayed = new List<JToken>();
            while (replayed.Count < stored.Count)
            {
                replayed.Add((await ReadAsync("event", own))[1]!);
            }

            replayed.Select(static shown => shown.Value<int>("id")).Should().Equal(stored.Select(static one => one.Id));
            (await ReadAsync("connect", own))[1]!.Value<string>().Should().Be(transport);
            first ??= replayed;
            replayed.Zip(first).Should().OnlyContain(static pair => JToken.DeepEquals(pair.First, pair.Second));

            await JoinAsync("/conversations/stranger", new { session_api_key = "a-wrong-key" });
            (await ReadAsync("refused", "/conversations/stranger"))[1]!.Value<string>().Should().Be("invalid_session_api_key");
            await JoinAsync(other, new { session_api_key = Key, kinds = new[] { "action:message" } });
            await ReadAsync("connect", other);
            await ActAsync(other, "Is anybody there?");
            (await ReadAsync("event", other))[1]!.Value<string>("message").Should().Be("Is anybody there?");
            ((JArray)(await ReadAsync("ack", other))[1]!).Should().BeEmpty();
            await CommandAsync(new { @do = "emit", nsp = other, name = "oh_user_action", payload = new { action = "nothing" } });
            (await ReadAsync("ack", other))[1]![0]!.Value<bool>("error").Should().BeTrue();

            await CommandAsync(new { @do = "cut" });
            await ReadAsync("disconnect", own);
            await ReadAsync("connect", own);
            await ReadAsync("connect", other);
            await ActAsync(other, "And now?");
            var next = (await ReadAsync("event", other))[1]!;
            next.Value<int>("id").Should().Be(1, "nothing comes twice");
            next.Value<string>("message").Should().Be("And now?");

            await CommandAsync(new { @do = "leave", nsp = own });
            (await ReadAsync("disconnect", own))[1]!.Value<string>().Should().Be("io client disconnect");
            await ActAsync(other, "Still here?");
            (await ReadAsync("event", other))[1]!.Value<int>("id").Should().Be(2);
            await CommandAsync(new { @do = "quit" });
            await ReadAsync("disconnect", other);
            _unread.Should().NotContain(static line => line.Value<string>("on") == "event" && IsOfLog((JArray)line["args"]!));
            _unread.Clear();
        }

        host.Log.Lines.Should().NotContain(static line => line.Text.Contains(Key, StringComparison.Ordinal));
    }

    private Task JoinAsync(string nsp, object auth) => CommandAsync(new { @do = "join", nsp, auth });

    private Task ActAsync(string nsp, string text) =>
        CommandAsync(new { @do = "emit", nsp, name = "oh_user_action", payload = Actions.Message(text) });

    private Task CommandAsync(object command) => _node.WriteLineAsync(JsonConvert.SerializeObject(command));

    /// <summary>
    /// The next observation of a kind and a namespace, whatever others come before it; its arguments begin with the name.
    /// </summary>
    private async Task<JArray> ReadAsync(string on, string nsp)
    {
        var next = 0;
        while (true)
        {
            if (next == _unread.Count)
            {
                _unread.Add((JObject)WireJson.Parse(await _node.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step)));
            }

            var line = _unread[next++];
            if (line.Value<string>("on") == on && line["args"] is JArray args && args[0].Value<string>() == nsp
                && (on != "event" || IsOfLog(args)))
            {
                _unread.RemoveAt(next - 1);
                return args;
            }
        }
    }

    // Not the title that a conversation is given.
    private static bool IsOfLog(JArray args) => args.ElementAtOrDefault(1) is JObject shown && shown["id"]?.Type == JTokenType.Integer;
}
