using System.Diagnostics.Metrics;
using System.Text;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.Primitives;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO.Sessions;

public sealed class EngineSessionTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Transport _transport = new();
    private readonly RecordingApplication _application = new();
    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CapturedLog _log = new();
    private readonly LoggerFactory _loggers;
    private readonly SessionRegistry _registry;
    private readonly EngineContext _services;
    private readonly EnginePacket[] _taken = new EnginePacket[64];

    public EngineSessionTests()
    {
        var options = Options.Create(new EngineOptions { OutboundPackets = 16 });
        _loggers = new LoggerFactory([_log]);
        _registry = new SessionRegistry(options);
        var limits = new AddressLimits(options, _registry);
        var metrics = new EngineMetrics(_provider.GetRequiredService<IMeterFactory>(), _registry, TestBudgets.Create(), limits);
        _services = new EngineContext(options, _time, metrics, _registry, TestBudgets.Create(), limits, new NoPeers(), _loggers);
    }

    public void Dispose()
    {
        _loggers.Dispose();
        _provider.Dispose();
    }

    [Fact]
    public void Begin_Always_QueuesTheOpenPacketFirst()
    {
        var application = new RecordingApplication();
        var session = Begin(application, static connection => connection.TrySend(new EngineMessage("hello"u8.ToArray())));

        session.Outbound.Take(_taken, 10_000, first: true).Count.Should().Be(2);

        _taken[0].Type.Should().Be(EnginePacketType.Open);
        Encoding.UTF8.GetString(_taken[0].Data.Span).Should().Contain(session.Sid);
        _taken[1].Type.Should().Be(EnginePacketType.Message);
        _registry.Count.Should().Be(1);
    }

    [Fact]
    public async Task Close_SecondReason_IsIgnored()
    {
        var session = Begin();
        var receiver = await _application.NextAsync();

        session.Close(CloseReason.Refused);
        session.Close(CloseReason.InternalError);

        (await receiver.Closed).Should().Be(CloseReason.Refused);
        session.Closing.IsCancellationRequested.Should().BeTrue();
        _transport.Closed.Should().Equal(CloseReason.Refused);
        _registry.Count.Should().Be(0);
        _time.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Close_WhileReceiving_ReceiverIsToldAfterTheReceive()
    {
        var inside = new TaskCompletionSource();
        var session = Begin(new RecordingApplication(onMessage: (_, _) => new ValueTask(inside.Task)), null, out var application);
        var receiver = await application.NextAsync();

        var receiving = session.ReceiveAsync(EnginePacket.Text("a"u8.ToArray())).AsTask();
        session.Close(CloseReason.ServerClosed);
        await _transport.ClosedOnce.WaitAsync(TestLimits.Step);
        receiver.Overlapped.Should().BeFalse();
        inside.SetResult();
        await receiving.WaitAsync(TestLimits.Step);

        (await receiver.Closed).Should().Be(CloseReason.ServerClosed);
        receiver.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task Close_FromInsideOpen_IsToldToTheReceiverThatOpenGave()
    {
        var application = new RecordingApplication();
        Begin(application, static connection => connection.Close(CloseReason.Refused));

        (await (await application.NextAsync()).Closed).Should().Be(CloseReason.Refused);
    }

    [Fact]
    public async Task ReceiveAsync_AfterClose_ReachesNobody()
    {
        var session = Begin();
        var receiver = await _application.NextAsync();
        session.Close(CloseReason.ServerClosed);
        await receiver.Closed;

        await session.ReceiveAsync(EnginePacket.Text("late"u8.ToArray()));

        receiver.Overlapped.Should().BeFalse();
    }

    [Fact]
    public async Task ReceiveAsync_ReceiverThrows_ClosesAndLogsTheException()
    {
        var session = Begin(new RecordingApplication(onMessage: static (_, _) => throw new InvalidOperationException("boom")), null,
            out var application);

        await session.ReceiveAsync(EnginePacket.Text("a"u8.ToArray()));

        (await (await application.NextAsync()).Closed).Should().Be(CloseReason.InternalError);
        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("boom");
    }

    [Fact]
    public async Task TrySend_FullQueue_ClosesTheSlowConsumer()
    {
        var session = Begin();
        for (var i = 0; i < 15; i++)
        {
            session.TrySend(new EngineMessage("a"u8.ToArray())).Should().BeTrue();
        }

        session.TrySend(new EngineMessage("b"u8.ToArray())).Should().BeFalse();

        (await (await _application.NextAsync()).Closed).Should().Be(CloseReason.SlowConsumer);
        session.TrySend(new EngineMessage("c"u8.ToArray())).Should().BeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(20)]
    public void TrySend_ASet_IsQueuedAsOne(int count)
    {
        var session = Begin();
        Drain(session);

        session.TrySend(Enumerable.Range(0, count).Select(static i => new EngineMessage(new byte[i], i % 2 == 1)).ToArray())
            .Should()
            .BeTrue();

        Drain(session).Should().Be(count);
        _taken.Take(count).Select(static packet => packet.Data.Length).Should().Equal(Enumerable.Range(0, count));
        _taken.Take(count)
            .Select(static packet => packet.IsBinary)
            .Should()
            .Equal(Enumerable.Range(0, count).Select(static i => i % 2 == 1));
    }

    [Fact]
    public async Task CloseAfterFlush_PacketsWait_ClosesWhenTheyAreWritten()
    {
        var session = Begin();
        var receiver = await _application.NextAsync();
        session.TrySend(new EngineMessage("bye"u8.ToArray()));

        session.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromSeconds(5));
        session.IsClosed.Should().BeFalse();
        session.TrySend(new EngineMessage("late"u8.ToArray())).Should().BeFalse();
        Drain(session).Should().Be(2);
        session.WriteCompleted(2, 10, carriedPing: false);

        (await receiver.Closed).Should().Be(CloseReason.Refused);
    }

    [Fact]
    public void CloseAfterFlush_NothingWaits_ClosesAtOnce()
    {
        var session = Begin();
        Drain(session);
        session.WriteCompleted(1, 10, carriedPing: false);

        session.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromSeconds(5));

        session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void CloseAfterFlush_LastPacketIsBeingWritten_ClosesWhenItIsWritten()
    {
        var session = Begin();
        Drain(session);

        session.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromSeconds(5));
        session.IsClosed.Should().BeFalse();
        session.WriteCompleted(1, 10, carriedPing: false);

        session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public async Task SendAsync_QueueIsFull_WaitsItsTurnAndTheSessionStaysOpen()
    {
        var session = Begin();
        session.TrySend(new EngineMessage[15]).Should().BeTrue();

        var answer = session.SendAsync([new EngineMessage("answer"u8.ToArray())], CancellationToken.None).AsTask();
        answer.IsCompleted.Should().BeFalse();
        Drain(session).Should().Be(16);

        (await answer.WaitAsync(TestLimits.Step)).Should().BeTrue();
        Drain(session).Should().Be(1);
    }

    [Fact]
    public async Task SendAsync_SessionClosesMeanwhile_GivesFalse()
    {
        var session = Begin();
        session.TrySend(new EngineMessage[15]);
        var answer = session.SendAsync([new EngineMessage("answer"u8.ToArray())], CancellationToken.None).AsTask();

        session.Close(CloseReason.ServerClosed);

        (await answer.WaitAsync(TestLimits.Step)).Should().BeFalse();
        (await session.SendAsync([new EngineMessage("late"u8.ToArray())], CancellationToken.None)).Should().BeFalse();
    }

    [Fact]
    public void CloseAfterFlush_NobodyReads_ClosesAfterTheGrace()
    {
        var session = Begin();
        session.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(5));

        session.IsClosed.Should().BeTrue();
        session.CloseReason.Should().Be(CloseReason.Refused);
    }

    [Fact]
    public void Heartbeat_TransportIsStuck_IsASlowConsumer()
    {
        var session = Begin();
        _transport.IsWriting = true;

        _time.Advance(TimeSpan.FromSeconds(45));

        session.CloseReason.Should().Be(CloseReason.SlowConsumer);
    }

    [Fact]
    public void Heartbeat_FullQueue_PingComesBeforeWhatWaits()
    {
        var session = Begin();
        session.Outbound.Take(_taken, 10_000, first: true).Count.Should().Be(1, "the open packet goes first of all");
        for (var i = 0; i < 15; i++)
        {
            session.TrySend(new EngineMessage("a"u8.ToArray()));
        }

        _time.Advance(TimeSpan.FromSeconds(25));

        session.Outbound.Take(_taken, 10_000, first: true).Ping.Should().BeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReceiveAsync_Pong_CountsOnceThePingIsTaken(bool isTaken)
    {
        var session = Begin();
        session.Take(_taken, 10_000, first: true);
        session.WriteCompleted(1, 10, carriedPing: false);
        _time.Advance(TimeSpan.FromSeconds(25));
        if (isTaken)
        {
            session.Take(_taken, 10_000, first: true).Ping.Should().BeTrue();
        }

        await session.ReceiveAsync(EnginePacket.Bare(EnginePacketType.Pong));
        _time.Advance(TimeSpan.FromSeconds(20));

        session.IsClosed.Should().Be(!isTaken);
    }

    [Fact]
    public async Task ReceiveAsync_PongsAndPingsNobodyAskedFor_StartNoTimer()
    {
        var session = Begin();
        for (var i = 0; i < 1_000; i++)
        {
            await session.ReceiveAsync(EnginePacket.Bare(EnginePacketType.Pong));
            await session.ReceiveAsync(EnginePacket.Bare(EnginePacketType.Ping));
        }

        _time.ActiveTimers.Should().Be(1);
        session.IsClosed.Should().BeFalse();
    }

    [Fact]
    public void Log_WholeLife_NeverHasTheSid()
    {
        var session = Begin();
        session.Close(CloseReason.ServerClosed);

        _log.Lines.Should().HaveCountGreaterThan(1);
        _log.Lines.Should().NotContain(line => line.Text.Contains(session.Sid, StringComparison.Ordinal));
    }

    private EngineSession Begin() => Begin(_application, null);

    private EngineSession Begin(RecordingApplication application, Action<IEngineConnection>? onOpen, out RecordingApplication same)
    {
        same = application;
        return Begin(application, onOpen);
    }

    private EngineSession Begin(RecordingApplication application, Action<IEngineConnection>? onOpen)
    {
        var slot = _registry.TryReserve();
        var handshake = new EngineHandshake("", new Dictionary<string, string>(), null);
        var scope = new ConnectionScope(ConnectionId.Next(), []);
        var session = new EngineSession(_services, new Opening(application, onOpen), handshake, scope, _transport);
        session.Begin(mayUpgrade: false, slot!);
        return session;
    }

    private int Drain(EngineSession session) => session.Outbound.Take(_taken, 100_000, first: true).Count;

    private sealed class Opening(RecordingApplication application, Action<IEngineConnection>? onOpen) : IEngineApplication
    {
        public IEngineReceiver Open(IEngineConnection connection)
        {
            onOpen?.Invoke(connection);
            return application.Open(connection);
        }
    }

    private sealed class Transport : ISessionTransport
    {
        private readonly TaskCompletionSource _closedOnce = new();

        public string Name => TransportNames.Polling;

        public bool IsWriting { get; set; }

        public List<CloseReason> Closed { get; } = [];

        public Task ClosedOnce => _closedOnce.Task;

        public void Wake()
        {
        }

        public void SessionClosed(CloseReason reason)
        {
            Closed.Add(reason);
            _closedOnce.TrySetResult();
        }
    }
}
