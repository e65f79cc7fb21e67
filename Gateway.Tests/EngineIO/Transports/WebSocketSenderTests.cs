using System.Text;
using System.Threading.Channels;

using Gateway.EngineIO;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.Transports;
using Gateway.Primitives;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO.Transports;

public sealed class WebSocketSenderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly GatedStream _stream = new();
    private readonly ServiceProvider _provider;
    private readonly EngineSession _session;
    private readonly WebSocketSender _sender;

    public WebSocketSenderTests()
    {
        _provider = new ServiceCollection().AddMetrics().AddLogging().BuildServiceProvider();
        var options = Options.Create(new EngineOptions { OutboundPackets = 4_096, OutboundBytes = 16 * 1_024 * 1_024 });
        var registry = new SessionRegistry(options, TimeProvider.System);
        var services = new EngineServices(
            options, _time, ActivatorUtilities.CreateInstance<EngineMetrics>(_provider), registry, NullLoggerFactory.Instance);
        var relay = new Relay();
        _session = new EngineSession(
            services, new RecordingApplication(), new EngineHandshake("", new Dictionary<string, string>(), null),
            new ConnectionScope(ConnectionId.Next(), []), relay);
        _session.Begin(mayUpgrade: false);
        _sender = relay.Sender = new WebSocketSender(_stream, _session);
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

        _sender.Wake();
        var write = await _stream.NextWriteAsync();

        ReadTexts(write).Skip(1).Should().Equal(Enumerable.Range(0, 100).Select(static i => $"4m{i}"));
        _stream.Release();
    }

    [Fact]
    public async Task Send_WhileAWriteIsStuck_GoesWithTheNextInOrderAndThePingBeforeIt()
    {
        _sender.Wake();
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
        _sender.Wake();
        var received = new List<string>();
        var writes = 0;
        while (received.Count < 202)
        {
            var write = await _stream.NextWriteAsync();
            write.Length.Should().BeLessThanOrEqualTo(64 * 1_024);
            received.AddRange(ReadTexts(write));
            writes++;
            _stream.Release();
        }

        received[^1].Should().Be("4last");
        writes.Should().BeLessThanOrEqualTo(5);
    }

    [Fact]
    public async Task Send_PacketLargerThanABlock_IsWrittenWithoutACopy()
    {
        await SendOpenPacketAsync();
        var data = new byte[200_000];

        _session.TrySend(new EngineMessage(data, IsBinary: true));
        var header = await _stream.NextWriteAsync();
        _stream.Release();
        var body = await _stream.NextWriteAsync();
        _stream.Release();

        header.Should().Equal(0x82, 127, 0, 0, 0, 0, 0, 3, 0x0D, 0x40);
        body.Should().HaveCount(200_000);
    }

    [Fact]
    public async Task Write_NeverCompletes_IsASlowConsumerAfterPingIntervalAndTimeout()
    {
        _sender.Wake();
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

        _sender.Wake();
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

    private async Task SendOpenPacketAsync()
    {
        _sender.Wake();
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
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Fail { get; set; }

        public int Writes { get; private set; }

        public Task Released => _released.Task;

        public Task<byte[]> NextWriteAsync() => _writes.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step);

        public void Release() => _gate.Release();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Fail)
            {
                throw new IOException("gone");
            }

            Writes++;
            _writes.Writer.TryWrite(buffer.ToArray());
            await _gate.WaitAsync(cancellationToken);
            _released.TrySetResult();
        }

        protected override void Dispose(bool disposing)
        {
            _gate.Dispose();
            base.Dispose(disposing);
        }
    }
}
