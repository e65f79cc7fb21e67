using Gateway.Agents.V1;
using Gateway.Agents.V1.Upstream;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Upstream;

/// <summary>The socket without numbers: its frames say when to read the log.</summary>
public sealed class EventsFeedTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private const string FullState = """{"id":"s","kind":"ConversationStateUpdateEvent","key":"full_state","value":{}}""";

    /// <summary>What happens after the log was read and before the server has subscribed the socket: no frame tells of it.</summary>
    [Fact]
    public async Task AddAsync_FirstFrame_ReadsWhatHappenedBeforeTheSubscription()
    {
        using var meters = new TestMeterFactory();
        var log = Enumerable.Range(0, 3).Select(static number => new JObject { ["id"] = $"e{number}" });
        await using var server = await new StandInV1Server(log, Id).StartAsync();
        var sink = new RecordingSink();
        using var rest = new V1RestClient(Options.Create(new V1Options()), TimeProvider.System, new V1Metrics(meters));
        var endpoint = V1Endpoint.Create(server.BaseUrl, null);
        var context = new V1Context(new FakeTimeProvider(), new V1Metrics(meters), NullLogger.Instance);
        var feed = new EventsFeed(sink, new LogReader(rest, endpoint, Guid.Parse(Id), sink), endpoint, context);
        await feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        feed.IsCaughtUp.Should().BeTrue();

        server.Show();
        await feed.AddAsync(FullState, CancellationToken.None);
        await feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        sink.Ids.Should().Equal("e0", "e1", "e2");
        feed.IsSettled.Should().BeTrue();
        await feed.AddAsync(FullState, CancellationToken.None);
        feed.DueAfter.Should().BeNull("a state tells of nothing in the log");
    }
}
