using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;

namespace Gateway.Tests.Conversations.Replay;

public sealed class ReplayWriterTests
{
    // One letter for each event, its place is its id: e any event, s agent state, n null, r recall action, . a gap.
    [Theory]
    [InlineData("", "")]
    [InlineData("e", "0")]
    [InlineData("eee", "0 1 2")]
    [InlineData("s", "0")]
    [InlineData("ss", "1")]
    [InlineData("sss", "2")]
    [InlineData("n", "")]
    [InlineData("rn", "")]
    [InlineData("snr", "0")]
    [InlineData("nerne", "1 4")]
    [InlineData("se", "0 1")]
    [InlineData("es", "0 1")]
    [InlineData("see", "0 1 2")]
    [InlineData("sesee", "1 2 3 4")]
    [InlineData("eses", "0 2 3")]
    [InlineData("esen", "0 1 2")]
    [InlineData("e..s.e", "0 3 5")]
    public void End_AnyLog_IsInIdOrderWithTheNewestStateAlone(string log, string expected)
    {
        var written = new List<int>();
        var writer = ReplayWriter.StateInPlace(stored => written.Add(stored.Id), log.LastIndexOf('s'));

        Replay(log, writer);

        string.Join(' ', written).Should().Be(expected);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("s", "0")]
    [InlineData("se", "1 0")]
    [InlineData("es", "0 1")]
    [InlineData("sesee", "1 3 4 2")]
    [InlineData("eee", "0 1 2")]
    public void End_StateLast_PutsItLastAlways(string log, string expected)
    {
        var written = new List<int>();
        var writer = ReplayWriter.StateLast(stored => written.Add(stored.Id));

        Replay(log, writer);

        string.Join(' ', written).Should().Be(expected);
    }

    [Theory]
    [InlineData("agent_state_changed", "2", "2")]
    [InlineData("action:run", "1 3 4", "1 3 4")]
    [InlineData("run,agent_state_changed", "1 2 3 4", "1 3 4 2")]
    public void End_SomeKinds_IsThePartThatIsWanted(string kinds, string inPlace, string last)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();
        var (written, writtenLast) = (new List<int>(), new List<int>());

        Replay("sesee", ReplayWriter.StateInPlace(stored => written.Add(stored.Id), 2, filter));
        Replay("sesee", ReplayWriter.StateLast(stored => writtenLast.Add(stored.Id), filter));

        string.Join(' ', written).Should().Be(inPlace);
        string.Join(' ', writtenLast).Should().Be(last);
    }

    [Fact]
    public void Add_StateInPlace_HoldsNothingBack()
    {
        var written = 0;
        var writer = ReplayWriter.StateInPlace(_ => written++, stateId: 501);

        for (var id = 0; id < 1_000; id++)
        {
            writer.Add(Make(id, id % 2 == 0 ? 'e' : 's'));
        }

        written.Should().Be(501);
    }

    [Fact]
    public void KeepHeld_PageIsReused_HeldStateKeepsItsBytes()
    {
        var written = new List<string>();
        var writer = ReplayWriter.StateLast(stored => written.Add(Encoding.UTF8.GetString(stored.Json.Span)));
        var page = "state"u8.ToArray();
        writer.Add(Make(0, 's', page));

        writer.KeepHeld();
        Array.Clear(page);
        writer.End();

        written.Should().Equal("state");
    }

    private static void Replay(string log, ReplayWriter writer)
    {
        for (var id = 0; id < log.Length; id++)
        {
            if (log[id] != '.')
            {
                writer.Add(Make(id, log[id]));
            }

            writer.KeepHeld();
        }

        writer.End();
    }

    private static StoredEvent Make(int id, char kind, ReadOnlyMemory<byte> json = default) => new(
        id,
        json,
        new EventHeader(
            kind switch
            {
                's' => EventKind.AgentStateChanged,
                'n' => EventKind.NullObservation,
                'r' => EventKind.RecallAction,
                _ => EventKind.Action,
            },
            EventSource.Agent,
            default,
            NeedsRewrite: false,
            kind == 's' ? EventType.AgentStateChanged : EventType.Of("run"u8, isAction: true)));
}
