using System.Text;
using System.Threading.Channels;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.WebSockets;
using Gateway.Primitives;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO.WebSockets;

public sealed class WebSocketSenderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly GatedStream _stream = new();
    private readonly Relay _relay = new();
    private readonly ServiceProvider _provider;
    private readonly EngineSession _session;
    private readonly WebSocketSender _sender;

    public WebSocketSenderTests()
    {
        _provider = new ServiceCollection().AddMetrics().AddLogging().BuildServiceProvider();
        var options = Options.Create(new EngineOptions { OutboundPackets = 4_096, OutboundBytes = 16 * 1_024 * 1_024 });
        var registry = new SessionRegistry(options);
        var limits = new AddressLimits(options, registry);
        var services = new EngineContext(
            options, _time, ActivatorUtilities.CreateInstance<EngineMetrics>(_provider, registry, TestBudgets.Create(), limits), registry,
            TestBudgets.Create(), limits, new NoPeers(), NullLoggerFactory.Instance);
        _session = new EngineSession(
            services, new RecordingApplication(), new EngineHandshake("", new Dictionary<string, string>(), null),
            new ConnectionScope(ConnectionId.Next(), []), _relay);
        _session.Begin(mayUpgrade: false, services.Registry.TryReserve()!);
        _sender = new WebSocketSender(_stream, _session, deflate: null, services);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _stream.Dispose();
    }

    [Fact]
    public async Task Wake_ManyPacketsWait_TheyGoInOneWrite()
    {
        for (var i = 0; i < 100; i++)
        {
            Send($"m{i}");
        }

        Attach();
        var write = await _stream.NextWriteAsync();

        ReadTexts(write).Skip(1).Should().Equal(Enumerable.Range(0, 100).Select(static i => $"4m{i}"));
        _stream.Release();
    }

    [Fact]
    public async Task Send_WhileAWriteIsStuck_GoesWithTheNextInOrderAndThePingBeforeIt()
    {
        Attach();
        await _stream.NextWriteAsync();
        Send("one");
        Send("two");
        _time.Advance(TimeSpan.FromSeconds(25));
        _sender.IsWriting.Should().BeTrue();

        _stream.Release();

        ReadTexts(await _stream.NextWriteAsync()).Should().Equal("2", "4one", "4two");
        _stream.Release();
    }

    [Fact]
    public async Task Send_MuchMoreThanABlock_IsCutIntoWritesBetweenPackets()
    {
        var text = new string('x', 1_000);
        for (var i = 0; i < 200; i++)
        {
            Send(text);
        }

        Send("last");
        Attach();
        var received = new List<string>();
        var writes = 0;
        while (received.Count < 202)
        {
            var write = await _stream.NextWriteAsync();
            write.Length.Should().BeLessThanOrEqualTo(32 * 1_024);
            received.AddRange(ReadTexts(write));
            writes++;
            _stream.Release();
        }

        received[^1].Should().Be("4last");
        writes.Should().BeLessThanOrEqualTo(8);
    }

    [Fact]
    public async Task Send_PacketLargerThanABlock_IsWrittenPieceByPiece()
    {
        await SendOpenPacketAsync();
        var data = new byte[200_000];

        _session.TrySend(new EngineMessage(data, IsBinary: true));
        var header = await _stream.NextWriteAsync();
        _stream.Release();
        var body = new List<int>();
        while (body.Sum() < 200_000)
        {
            body.Add((await _stream.NextWriteAsync()).Length);
            _stream.Release();
        }

        header.Should().Equal(0x82, 127, 0, 0, 0, 0, 0, 3, 0x0D, 0x40);
        body.Should().Equal(65_536, 65_536, 65_536, 3_392);
    }

    [Fact]
    public async Task Write_NeverCompletes_IsASlowConsumerAfterPingIntervalAndTimeout()
    {
        Attach();
        await _stream.NextWriteAsync();

        _time.Advance(TimeSpan.FromSeconds(45) - TimeSpan.FromMilliseconds(1));
        _session.IsClosed.Should().BeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        _session.CloseReason.Should().Be(CloseReason.SlowConsumer);
        _stream.Release();
        (await _stream.NextWriteAsync())[0].Should().Be(0x88, "what comes after the stuck write is the close frame");
        _stream.Release();
        await _sender.Done.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Write_Fails_ClosesTheSessionAsLost()
    {
        _stream.Fail = true;

        Attach();
        await _sender.Done.WaitAsync(TestLimits.Step);

        _session.CloseReason.Should().Be(CloseReason.TransportLost);
    }

    [Fact]
    public async Task Pong_WhileIdle_IsWrittenAtOnce()
    {
        await SendOpenPacketAsync();

        _sender.Pong("hi"u8);

        (await _stream.NextWriteAsync()).Should().Equal(0x8A, 2, (byte)'h', (byte)'i');
        _stream.Release();
    }

    [Fact]
    public async Task GiveUp_SessionCloses_NothingIsWritten()
    {
        await SendOpenPacketAsync();

        _sender.GiveUp();
        _session.Close(CloseReason.TransportLost);
        await _sender.Done.WaitAsync(TestLimits.Step);

        _stream.Writes.Should().Be(1);
    }

    [Fact]
    public async Task Wake_ManyTimesFromManyThreads_NeverWritesTwiceAtATime()
    {
        Attach();
        var wakers = Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                Send($"{thread}.{i}");
                _sender.Wake();
                _sender.Wake();
            }
        })).ToArray();

        var received = new List<string>();
        while (received.Count < 801)
        {
            received.AddRange(ReadTexts(await _stream.NextWriteAsync()));
            _stream.Release();
        }

        await Task.WhenAll(wakers).WaitAsync(TestLimits.Step);
        _stream.Overlapped.Should().BeFalse();
        received.Skip(1).Should().BeEquivalentTo(
            Enumerable.Range(0, 4).SelectMany(static thread => Enumerable.Range(0, 200).Select(i => $"4{thread}.{i}")));
    }

    [Fact]
    public async Task Pong_WhileAWriteIsStuck_OnlyTheLastIsWritten()
    {
        Attach();
        await _stream.NextWriteAsync();
        for (byte i = 0; i < 100; i++)
        {
            _sender.Pong([i]);
        }

        _stream.Release();

        (await _stream.NextWriteAsync()).Should().Equal(0x8A, 1, 99);
        _stream.Release();
        Send("still");
        ReadTexts(await _stream.NextWriteAsync()).Should().Equal("4still");
        _stream.Release();
    }

    [Fact]
    public async Task Send_LargePacketIsReadSlowly_IsNoSlowConsumerAsLongAsPiecesAreTaken()
    {
        await SendOpenPacketAsync();
        _session.TrySend(new EngineMessage(new byte[10 * 64 * 1_024], IsBinary: true));
        await _stream.NextWriteAsync();
        _time.Advance(TimeSpan.FromSeconds(25));

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(19));
            _stream.Release();
            (await _stream.NextWriteAsync()).Should().HaveCount(64 * 1_024);
        }

        _session.IsClosed.Should().BeFalse();
        _time.Advance(TimeSpan.FromSeconds(20));
        _session.CloseReason.Should().Be(CloseReason.SlowConsumer);
        _stream.Release();
    }

    /// <summary>From here on the session wakes the sender.</summary>
    private void Attach()
    {
        _relay.Sender = _sender;
        _sender.Wake();
    }

    private async Task SendOpenPacketAsync()
    {
        Attach();
        await _stream.NextWriteAsync();
        _stream.Release();
        await _stream.Released.WaitAsync(TestLimits.Step);
    }

    private void Send(string text) => _session.TrySend(new EngineMessage(Encoding.ASCII.GetBytes(text))).Should().BeTrue();

    private static IEnumerable<string> ReadTexts(byte[] bytes)
    {
        for (var position = 0; position < bytes.Length;)
        {
            bytes[position].Should().Be(0x81);
            int length = bytes[position + 1];
            position += 2;
            if (length == 126)
            {
                length = (bytes[position] << 8) | bytes[position + 1];
                position += 2;
            }

            yield return Encoding.UTF8.GetString(bytes, position, length);
            position += length;
        }
    }

    /// <summary>Stands for the transport, which is what the session wakes.</summary>
    private sealed class Relay : ISessionTransport
    {
        public WebSocketSender? Sender { get; set; }

        public string Name => TransportNames.WebSocket;

        public bool IsWriting => Sender is { IsWriting: true };

        public void Wake() => Sender?.Wake();

        public void SessionClosed(CloseReason reason)
        {
        }
    }

    /// <summary>Each write waits until the test lets it go.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly Channel<byte[]> _writes = Channel.CreateUnbounded<byte[]>();
        private readonly SemaphoreSlim _gate = new(0);
        private int _inside;
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Fail { get; set; }

        public int Writes { get; private set; }

        /// <summary>A write began while another was under way.</summary>
        public bool Overlapped { get; private set; }

        public Task Released => _released.Task;

        public Task<byte[]> NextWriteAsync() => _writes.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

        public void Release() => _gate.Release();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Fail)
            {
                throw new IOException("gone");
            }

            Overlapped |= Interlocked.Increment(ref _inside) != 1;
            Writes++;
            _writes.Writer.TryWrite(buffer.ToArray());
            await _gate.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref _inside);
            _released.TrySetResult();
        }

        protected override void Dispose(bool disposing)
        {
            _gate.Dispose();
            base.Dispose(disposing);
        }
    }
}
