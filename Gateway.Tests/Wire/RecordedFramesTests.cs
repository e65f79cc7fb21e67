using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Wire;

/// <summary>
/// The frames that recorded clients sent, right and wrong, sent again byte for byte: V0 left many of them without an answer,
/// here each gets one, or ends the connection with a reason; and the program serves on as before.
/// </summary>
public sealed class RecordedFramesTests
{
    private static readonly string[] s_settings =
        ["SocketIO:ConnectTimeout=00:00:00.5", "SocketIO:RefusalGrace=00:00:00.2", "Engine:PingInterval=00:00:01"];

    [Theory]
    [InlineData("raw-cli", "")]
    [InlineData("refusals", "")]
    [InlineData("bad-actions", "")]
    [InlineData("key-refusals", "v0-test-key")]
    public async Task Frames_OfARecording_GetAnAnswerOrEndWithAReason(string name, string key)
    {
        var recording = Recording.Named(name);
        using var store = recording.CopyStore();
        var conversation = store.Conversations().Single();
        await using var host = await GatewayHost.StartAsync(store, [.. s_settings, $"SESSION_API_KEY={key}"]);
        // An argument that no action has is named in the log, and that is all.
        host.Expect("Unknown arguments");
        var player = new FramePlayer(host.Address.Port);

        foreach (var entry in recording
            .Entries()
            .Where(static entry => entry.Address.AbsolutePath.Contains("/socket.io", StringComparison.Ordinal)))
        {
            var outcomes = await player.PlayAsync(entry);

            outcomes.Should().NotBeEmpty().And.OnlyContain(
                static outcome => outcome.Length > 0, "{0} {1} is not left alone", entry.Method, entry.Address.Query);
        }

        store.Conversations().Should().OnlyContain(static id => id.All(static c => char.IsAsciiLetterOrDigit(c)));
        Directory.GetFileSystemEntries(store.Root).Select(Path.GetFileName).Should().Equal("sessions");
        await ServesAsBeforeAsync(host, store, conversation, key);
    }

    private static async Task ServesAsBeforeAsync(GatewayHost host, TempStore store, string conversation, string key)
    {
        var stored = ReplayRules.Apply(store.Events(conversation));
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(host.Address, conversation, Key: key));
        var replayed = await client.ReadEventsAsync(stored.Count);
        await client.EmitAsync(Actions.Message("Still there?"), wantsAck: true);
        var acted = await client.ReadAsync("ack", "event");

        replayed.Should().Equal(stored.Select(static e => e.Id));
        acted["event"].Value<string>("message").Should().Be("Still there?");
    }
}
