using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

using Gateway.Conversations;
using Gateway.EngineIO;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Primitives;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>
/// The recording of one conversation's sockets, as they are from its beginning on: new ones whole, and those that were there already as if
/// they had just come back with all events so far, which is what they are. One loop writes, fed by a bounded channel: who cannot be
/// followed ends the recording. <see cref="TapOf"/>, <see cref="Adopt"/> and <see cref="End"/> from any thread.
/// </summary>
internal sealed class ConversationRecording
{
    public const string Stopped = "stopped";

    /// <summary>Between things that must keep their order in a file whose times are rounded to microseconds.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMicroseconds(100);

    private const int MaxWaiting = 4_096;
    private const int NoStatus = 1005;
    private const int Abnormal = 1006;

    private readonly ConcurrentDictionary<RecordingTap, bool> _taps = new();
    private readonly IRecordingFile _file;
    private readonly TimeProvider _timeProvider;
    private readonly long _maxBytes;

    // Full: the recording ends, and nobody waits for it.
    private readonly Channel<SeenPacket> _seen = Channel.CreateBounded<SeenPacket>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private volatile string? _endReason;
    private volatile int _connections;
    private long _frames;
    private long _bytes;

    public ConversationRecording(ConversationKey key, string name, IRecordingFile file, long maxBytes, TimeProvider timeProvider)
    {
        (Key, Name) = (key, name);
        (_file, _maxBytes, _timeProvider) = (file, maxBytes, timeProvider);
        Started = timeProvider.GetUtcNow();
    }

    public ConversationKey Key { get; }

    public string Name { get; }

    public DateTimeOffset Started { get; }

    /// <summary>Why it has ended, or is about to, in a small word of a fixed set; null while it goes on.</summary>
    public string? EndReason => _endReason;

    public int Connections => _connections;

    public long Frames => Interlocked.Read(ref _frames);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The socket of a session that is recorded: V0's, and none that shares its connection. Null while there is none.</summary>
    public static SocketConnection? SocketOf(EngineSession session) => SocketServer.FindSockets(session.Receiver)
        .FirstOrDefault(static socket => socket.NamespaceName == ConversationNamespace.Main);

    /// <summary>For a session that is about to begin.</summary>
    public RecordingTap TapOf(EngineSession session) => Add(session, isWhole: true);

    /// <summary>A session that is in the conversation already is seen from now on.</summary>
    public void Adopt(EngineSession session) => session.SetTap(Add(session, isWhole: false));

    /// <summary>Ends the recording; the first reason counts. What was seen before is still written.</summary>
    public void End(string reason)
    {
        if (Interlocked.CompareExchange(ref _endReason, reason, null) is null)
        {
            foreach (var tap in _taps.Keys)
            {
                tap.Session.SetTap(null);
            }

            _seen.Writer.TryComplete();
        }
    }

    /// <summary>Writes until the end. Called once, when the history is stored.</summary>
    /// <param name="head">The last event of the history: to those that were there already it is not shown again.</param>
    public async Task RunAsync(int head)
    {
        await using (_file)
        {
            foreach (var tap in _taps.Keys.Where(static tap => !tap.IsWhole).OrderBy(static tap => tap.Session.Id.Value))
            {
                BeginInTheMiddle(tap, head);
            }

            await foreach (var seen in _seen.Reader.ReadAllAsync())
            {
                Write(seen, head);
                if (_file.Problem is not null)
                {
                    End("disk_failed");
                }
            }
        }
    }

    private RecordingTap Add(EngineSession session, bool isWhole)
    {
        var tap = new RecordingTap(session, isWhole, _timeProvider, Post);
        _taps[tap] = true;
        return tap;
    }

    private void Post(SeenPacket seen)
    {
        if (!_seen.Writer.TryWrite(seen) && _endReason is null)
        {
            End("too_fast");
        }
    }

    private void Write(in SeenPacket seen, int head)
    {
        var tap = seen.Tap;
        if (seen.Closed is { } reason)
        {
            Close(tap, seen.Time, reason);
            return;
        }

        if (!tap.IsOfMainNamespace(seen.FromClient, seen.Packet))
        {
            return;
        }

        if (tap.MayRepeat && !seen.FromClient && EventIdOf(seen.Packet) is { } id)
        {
            if (id <= head)
            {
                return;
            }

            tap.MayRepeat = false;
        }

        tap.Connection ??= Begin(tap, QueryOf(tap.Session.Handshake, latestEventId: null), tap.Began);
        var text = TextOf(seen.Packet);
        tap.Connection.Add(seen.Time, seen.FromClient, seen.Packet.IsBinary, text);
        Interlocked.Increment(ref _frames);
        if (Interlocked.Add(ref _bytes, text.Length) > _maxBytes)
        {
            End("too_large");
        }
    }

    private void Close(RecordingTap tap, DateTimeOffset time, CloseReason reason)
    {
        _taps.TryRemove(tap, out _);
        var byClient = reason is CloseReason.ClientClosed or CloseReason.TransportLost;
        tap.Connection?.Close(
            time,
            byClient,
            reason switch
            {
                CloseReason.ClientClosed => NoStatus,
                CloseReason.TransportLost => Abnormal,
                _ => CloseReasons.WebSocketCode(reason),
            },
            byClient ? "" : Encoding.UTF8.GetString(CloseReasons.WebSocketText(reason)));
    }

    /// <summary>What a client gets that comes back with all events: nothing but its place.</summary>
    private void BeginInTheMiddle(RecordingTap tap, int head)
    {
        if (SocketOf(tap.Session) is not { } socket)
        {
            return;
        }

        // All of it before the recording began, for what came then may have come at once.
        tap.Connection = Begin(tap, QueryOf(tap.Session.Handshake, head), Started - (4 * Step));
        tap.Connection.Add(Started - (3 * Step), false, false, $$"""0{"sid":"{{tap.Session.Sid}}","upgrades":[]}""");
        tap.Connection.Add(Started - (2 * Step), true, false, "40");
        tap.Connection.Add(Started - Step, false, false, $$"""40{"sid":"{{socket.Id}}"}""");
    }

    private IRecordedConnection Begin(RecordingTap tap, string query, DateTimeOffset time)
    {
        _connections++;
        return _file.Begin(tap.Session.Handshake, query, time);
    }

    // Whatever carries a session, it is written as what its messages are: a socket.
    private static string QueryOf(EngineHandshake handshake, int? latestEventId)
    {
        var pairs = handshake.Query
            .Where(pair => pair.Key != "transport" && (latestEventId is null || pair.Key != "latest_event_id"))
            .Append(KeyValuePair.Create("transport", new StringValues("websocket")));
        if (latestEventId is { } id)
        {
            pairs = pairs.Append(KeyValuePair.Create("latest_event_id", new StringValues($"{id}")));
        }

        return QueryString.Create(pairs).Value ?? "";
    }

    private static string TextOf(in EnginePacket packet) => packet.IsBinary
        ? Convert.ToBase64String(packet.Data.Span)
        : string.Create(CultureInfo.InvariantCulture, $"{(int)packet.Type}{Encoding.UTF8.GetString(packet.Data.Span)}");

    /// <summary>The id of an event that a packet shows (<c>2["oh_event",{"id":…}]</c>); null for any other packet.</summary>
    private static int? EventIdOf(in EnginePacket packet)
    {
        if (packet.IsBinary || !packet.Data.Span.StartsWith("2[\"oh_event\","u8))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(packet.Data[1..]);
            return json.RootElement.GetArrayLength() > 1
                && json.RootElement[1] is { ValueKind: JsonValueKind.Object } shown
                && shown.TryGetProperty("id", out var id)
                && id.ValueKind == JsonValueKind.Number
                && id.TryGetInt32(out var number)
                ? number
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
