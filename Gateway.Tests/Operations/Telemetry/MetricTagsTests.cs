using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

using Gateway.Conversations;
using Gateway.Conversations.Connect;
using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Operations.Telemetry;

/// <summary>What labels can be, and what measuring costs where it is done most.</summary>
public sealed partial class MetricTagsTests
{
    [Fact]
    public void Tags_OfReasons_AreOneForEachAndAlike()
    {
        Enum.GetValues<CloseReason>().Select(CloseReasons.MetricTag)
            .Should().OnlyHaveUniqueItems().And.OnlyContain(static tag => Tag().IsMatch(tag));
        Enum.GetValues<DisconnectReason>().Select(DisconnectReasons.MetricTag)
            .Should().OnlyHaveUniqueItems().And.OnlyContain(static tag => Tag().IsMatch(tag));
    }

    [Theory]
    [InlineData(ConnectRefusals.NoConversationId, "no_conversation_id")]
    [InlineData(ConnectRefusals.InvalidConversationId, "invalid_conversation_id")]
    [InlineData(ConnectRefusals.JoinFailed, "join_failed")]
    [InlineData(ConnectRefusals.Draining, "draining")]
    [InlineData(ConnectRefusals.EventsNotAccessible + "the store could not be read", "events_not_accessible")]
    [InlineData("invalid_session_api_key", "invalid_session_api_key")]
    [InlineData("forbidden", "forbidden")]
    [InlineData("whatever a server said to user 4711", "other")]
    public void Tag_OfARefusal_IsOfAFixedSet(string message, string tag) => ConnectRefusals.MetricTag(message).Should().Be(tag);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Delivery_MeasuredOrNot_AllocatesNothing(bool isMeasured)
    {
        using var meters = new TestMeterFactory();
        var options = Options.Create(new EngineOptions());
        var registry = new SessionRegistry(options);
        using var limits = new AddressLimits(options, registry);
        var engine = new EngineMetrics(meters, registry, TestBudgets.Create(), limits);
        var sockets = new SocketMetrics(meters);
        var conversations = new ConversationMetrics(meters);
        using var listener = new MeterListener();
        var measured = 0L;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (isMeasured && instrument.Meter.Scope == meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => measured += value);
        listener.Start();
        DeliverOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
        {
            DeliverOnce();
        }

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);
        measured.Should().Be(isMeasured ? 1_001 * 116 : 0);

        void DeliverOnce()
        {
            conversations.Delivered(5);
            sockets.EventsSent(5);
            engine.Sent(6, 100);
        }
    }

    [GeneratedRegex("^[a-z]+(_[a-z]+)*$")]
    private static partial Regex Tag();
}
