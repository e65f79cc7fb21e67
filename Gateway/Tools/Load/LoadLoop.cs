using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

using Gateway.Primitives;
using Gateway.Tools.Load.Scenarios;
using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load;

/// <summary>
/// All clients of a load on one thread: it waits for their sockets, begins connects and gives the scenario its time.
/// <see cref="Run"/> is called once; the counters and measures may be looked at by any thread.
/// </summary>
internal sealed class LoadLoop : ILoadClientOwner, IDisposable
{
    private const int BufferBytes = 256 * 1_024;
    private const int ConnectsAtOnce = 32;
    private const int SlowReaderBuffer = 64 * 1_024;
    private const int WebSocketKeyBytes = 16;
    private const int BindWithoutPort = 24;
    private const int LongestReason = 200;

    // As browsers make it.
    private const string CompressionOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    private const string TimedOut = "connect: no answer in time";

    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(50);

    private readonly LoadPlan _plan;
    private readonly ScenarioPlay _play;
    private readonly LoadClient[] _clients;
    private readonly Queue<int> _waiting = new();
    private readonly string _webSocketKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(WebSocketKeyBytes));
    private byte[] _sendBuffer = new byte[BufferBytes];
    private long _lookedAt;

    /// <param name="server">What the address's name stands for.</param>
    public LoadLoop(LoadPlan plan, EndPoint server, ScenarioPlay play, LoadMeasures measures)
    {
        (_plan, Server, _play, Measures) = (plan, server, play, measures);
        MostPending = plan.Connecting;
        Poll = IReadiness.Create();
        _clients = [.. Enumerable.Range(0, plan.Clients).Select(number => new LoadClient(number, this))];
    }

    public IReadiness Poll { get; }

    public EndPoint Server { get; }

    public string HostName => _plan.Address.Host;

    public bool IsSecure => _plan.IsSecure;

    public bool IsInsecure => _plan.IsInsecure;

    public bool IsCompressing => _plan.IsCompressing;

    public bool IsReadLimited => _plan.ReadRate > 0;

    public byte[] Buffer { get; } = new byte[BufferBytes];

    public MemoryStream Plain { get; } = new();

    public LoadCounters Counters { get; } = new();

    public LoadMeasures Measures { get; }

    public IReadOnlyList<LoadClient> Clients => _clients;

    public bool IsWorking => _play.IsWorking;

    /// <summary>Connects that have begun and have no answer.</summary>
    public int Pending { get; private set; }

    /// <summary>So many connects are under way at one time. On the loop's thread.</summary>
    public int MostPending { get; set; }

    /// <summary>Connects are under way, or wait for their turn.</summary>
    public bool IsConnecting => Pending + _waiting.Count > 0;

    /// <summary>Runs the scenario to its end, or until it is stopped.</summary>
    /// <param name="isStopped">Asked often.</param>
    public void Run(Func<bool> isStopped)
    {
        _play.Begin(this);
        while (!_play.IsDone && !isStopped())
        {
            BeginConnects();
            var now = Stopwatch.GetTimestamp();
            var wait = _play.Tick(now);
            foreach (var ready in Poll.Wait(wait < s_longestWait ? wait : s_longestWait))
            {
                _clients[ready.Number].OnReady(ready.What);
            }

            if (Stopwatch.GetElapsedTime(_lookedAt, now) > s_look)
            {
                _lookedAt = now;
                EndLateConnects(now);
                Measures.Show();
            }
        }

        _play.Finish();
        Measures.Show();
    }

    /// <summary>Lets a client connect when it is its turn.</summary>
    public void Connect(LoadClient client) => _waiting.Enqueue(client.Number);

    /// <summary>Closes a client's connection, as it does that has had enough.</summary>
    public void Leave(LoadClient client)
    {
        if (client.State == ClientState.Live)
        {
            Counters.Live--;
        }

        client.Leave();
    }

    public void Prepare(Socket socket, int number)
    {
        if (_plan.ReadRate > 0 || _plan.NeverRead > 0)
        {
            // What the kernel takes in a client's place is not the server's to keep.
            socket.ReceiveBufferSize = SlowReaderBuffer;
        }

        if (_plan.LocalAddresses > 1)
        {
            if (OperatingSystem.IsLinux())
            {
                // The port is chosen at the connect, when the other end is known.
                socket.SetRawSocketOption(0, BindWithoutPort, BitConverter.GetBytes(1));
            }

            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (number % _plan.LocalAddresses))]), 0));
        }
    }

    public byte[] SendBuffer(int size) => _sendBuffer.Length >= size ? _sendBuffer : _sendBuffer = new byte[size];

    public ReadOnlySpan<byte> RequestOf(LoadClient client)
    {
        var key = _plan.Key is { } secret ? $"&session_api_key={Uri.EscapeDataString(secret)}" : "";
        var conversation = Uri.EscapeDataString(_play.ConversationOf(client.Number));
        var offer = IsCompressing ? CompressionOffer : "";
        var request = string.Create(
            CultureInfo.InvariantCulture,
            $"GET {_plan.Address.AbsolutePath.TrimEnd('/')}/socket.io/?EIO=4&transport=websocket&conversation_id={conversation}"
            + $"&latest_event_id={_play.LatestOf(client)}{key} HTTP/1.1\r\nHost: {_plan.Address.Authority}\r\n"
            + $"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_webSocketKey}\r\n"
            + $"{offer}\r\n");
        return Encoding.ASCII.GetBytes(request);
    }

    public void OnLive(LoadClient client)
    {
        var now = Stopwatch.GetTimestamp();
        Pending--;
        Counters.Live++;
        Counters.Connected++;
        _play.OnLive(client, now);
    }

    public void OnEvent(LoadClient client, ReadOnlySpan<byte> head)
    {
        Counters.Events++;
        _play.OnEvent(client, head, Stopwatch.GetTimestamp());
    }

    public void OnPing() => Counters.Pings++;

    public void OnBytes(int count) => Counters.Bytes += count;

    public void OnCompressed() => Counters.Compressed++;

    public void OnEnded(LoadClient client, ClientState state, string reason)
    {
        if (state == ClientState.Live)
        {
            Counters.Live--;
            Counters.Lost++;
            reason = $"lost: {reason}";
        }
        else
        {
            Pending--;
            Counters.Failed++;
        }

        if (!_play.IsExpectedEnd(client, state, Stopwatch.GetTimestamp()))
        {
            Measures.AddFault(Shown(reason));
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        Plain.Dispose();
        Poll.Dispose();
    }

    // A server may say back what it was sent.
    private string Shown(string reason)
    {
        if (_plan.Key is { Length: > 0 } key)
        {
            reason = reason.Replace(key, SecretRedactor.Mask, StringComparison.Ordinal)
                .Replace(Uri.EscapeDataString(key), SecretRedactor.Mask, StringComparison.Ordinal);
        }

        reason = SecretRedactor.ForLogs.RedactText(reason.ReplaceLineEndings(" "));
        return reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";
    }

    private void BeginConnects()
    {
        for (var begun = 0; begun < ConnectsAtOnce && Pending < MostPending && _waiting.TryDequeue(out var number); begun++)
        {
            Pending++;
            _clients[number].Connect(Stopwatch.GetTimestamp());
        }
    }

    private void EndLateConnects(long now)
    {
        if (Pending == 0)
        {
            return;
        }

        foreach (var client in _clients)
        {
            if (client.State is not (ClientState.Away or ClientState.Live or ClientState.Joining)
                && Stopwatch.GetElapsedTime(client.StartedAt, now) > s_connectTimeout)
            {
                client.End(TimedOut);
            }
        }
    }
}
