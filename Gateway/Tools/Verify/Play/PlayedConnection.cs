using System.Net.WebSockets;

using Gateway.Primitives;
using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>What an HTTP request got. Status 0: no answer.</summary>
internal sealed record HttpOutcome(HarEntry Entry, int FrameIndex, int Status, string Body);

/// <summary>
/// A recorded client's connection, played against a target: raw frames, by WebSocket, polling, or both. Its steps are called by one
/// player, one at a time; what comes is kept by the loops that it owns and may be read from any thread.
/// </summary>
internal sealed class PlayedConnection(
    RecordedConnection recorded, Uri target, HttpClient http, AsyncSignal arrived, LiveIds ids, TargetCredentials credentials)
    : IAsyncDisposable
{
    private static readonly TimeSpan s_leaveLimit = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly List<ViewedFrame> _frames = [];
    private readonly List<HttpOutcome> _outcomes = [];
    private readonly CancellationTokenSource _stop = new();

    private WebSocketClient? _socket;
    private Task _polling = Task.CompletedTask;
    private ConnectionEnd? _end;
    private string? _sid;
    private volatile bool _leaving;
    private volatile bool _upgrading;

    public RecordedConnection Recorded => recorded;

    public string? ConversationId => recorded.ConversationId;

    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _end is not null;
            }
        }
    }

    public IReadOnlyList<HttpOutcome> Outcomes => _outcomes;

    /// <summary>All that went over the connection so far.</summary>
    public ConnectionView View()
    {
        lock (_lock)
        {
            return new ConnectionView([.. _frames], _end ?? ConnectionEnd.ByClient, recorded.View.LatestEventId);
        }
    }

    /// <summary>It came to nothing: the target does not answer, or not in time.</summary>
    public void Fail(string reason) => End(new ConnectionEnd(true, 0, reason));

    /// <returns>Why the target opened no session; null when it did.</returns>
    /// <exception cref="TargetException">Nothing listens there, or it speaks no HTTP.</exception>
    public async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        var opening = recorded.Recording.Opening;
        if (!recorded.Recording.StartsWithPolling)
        {
            (_socket, var refusal) = await ConnectAsync(opening, cancellationToken);
            return refusal;
        }

        var (status, body) = await RequestAsync(opening, cancellationToken);
        Receive(status == 200 ? body : "");
        if (_sid is null)
        {
            End(new ConnectionEnd(true, 0, $"HTTP {status}"));
            return $"{target} opened no session by polling: HTTP {status}";
        }

        _polling = PollAsync(opening, _stop.Token);
        return null;
    }

    /// <summary>Opens the WebSocket of an upgrade; the probe and the upgrade packet are recorded frames.</summary>
    public async Task UpgradeAsync(HarEntry entry, CancellationToken cancellationToken)
    {
        if (!IsOver)
        {
            _upgrading = true;
            (_socket, _) = await ConnectAsync(entry, cancellationToken);
        }
    }

    public async Task SendAsync(SocketFrame frame, CancellationToken cancellationToken)
    {
        if (frame is { Text: "5", IsBinary: false } && recorded.Recording.StartsWithPolling)
        {
            // Clients let the poll that is under way end before they upgrade.
            await Task.WhenAny(_polling, Task.Delay(s_leaveLimit, cancellationToken));
        }

        Keep(true, frame.Text, frame.IsBinary);
        if (_socket is not null && !IsOver)
        {
            var text = frame.IsBinary ? frame.Text : credentials.InFrame(frame.Text);
            await _socket.SendAsync(text, frame.IsBinary, cancellationToken);
        }
    }

    public async Task PostAsync(HarEntry entry, int frameIndex, CancellationToken cancellationToken)
    {
        foreach (var (isBinary, text) in SocketRecordingReader.SplitPayload(entry.RequestBody ?? ""))
        {
            Keep(true, text, isBinary);
        }

        var posted = entry with { RequestBody = entry.RequestBody is { } sent ? credentials.InPayload(sent) : null };
        var (status, body) = await RequestAsync(posted, cancellationToken);
        _outcomes.Add(new HttpOutcome(entry, frameIndex, status, body));
    }

    /// <summary>The client goes. What the server does from now on is no part of the session.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _leaving = true;
        if (_socket is not null)
        {
            await _socket.CloseAsync(s_leaveLimit, cancellationToken);
        }

        await _stop.CancelAsync();
        await _polling;
    }

    public async ValueTask DisposeAsync()
    {
        _leaving = true;
        await _stop.CancelAsync();
        await _polling;
        if (_socket is not null)
        {
            await _socket.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task<(WebSocketClient? Socket, string? Refusal)> ConnectAsync(HarEntry entry, CancellationToken cancellationToken)
    {
        var carrier = new WebSocketClient(Receive, End);
        try
        {
            var address = TargetUri.For(target, entry.Url, _sid, true, ids, credentials);
            await carrier.ConnectAsync(address, TargetUri.Headers(entry, credentials), cancellationToken);
            return (carrier, null);
        }
        catch (WebSocketException exception)
        {
            await carrier.DisposeAsync();
            if (carrier.RefusedWith is { } status)
            {
                End(new ConnectionEnd(true, 0, $"HTTP {status}"));
                return (null, $"{target} refused a WebSocket: HTTP {status}");
            }

            End(new ConnectionEnd(true, 0, "refused"));
            return (null, $"{target} refused a WebSocket: {exception.GetBaseException().Message}");
        }
    }

    private async Task PollAsync(HarEntry opening, CancellationToken cancellationToken)
    {
        var url = new Uri(opening.Url + (opening.Url.Query.Length > 0 ? "&" : "?") + "sid=x");
        try
        {
            while (!IsOver && !_leaving)
            {
                var (status, body) = await RequestAsync(opening with { Url = url }, cancellationToken);
                if (status != 200)
                {
                    End(new ConnectionEnd(true, 0, $"HTTP {status}"));
                    return;
                }

                var isUpgraded = _upgrading && SocketRecordingReader.SplitPayload(body).Any(static packet => packet.Text == "6");
                Receive(body);
                if (isUpgraded)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TargetException)
        {
            // The client leaves, or the server went: an end like any other.
            End(new ConnectionEnd(true, 0, "gone"));
        }
    }

    private async Task<(int Status, string Body)> RequestAsync(HarEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            using var request = TargetUri.Request(entry, TargetUri.For(target, entry.Url, _sid, false, ids, credentials), credentials);
            using var response = await http.SendAsync(request, cancellationToken);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException exception) when (_sid is null)
        {
            throw new TargetException($"{target} cannot be reached: {exception.GetBaseException().Message}", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (0, exception.Message);
        }
    }

    private void Receive(string payload)
    {
        foreach (var (isBinary, text) in SocketRecordingReader.SplitPayload(payload))
        {
            Receive(text, isBinary);
        }
    }

    private void Receive(string text, bool isBinary)
    {
        var frame = Keep(false, isBinary ? text : ids.ToRecorded(text), isBinary);
        if (frame.Kind == WireKind.Open)
        {
            _sid = frame.Payload.TextOrNull("sid");
        }
        else if (frame.Kind == WireKind.EngineClose && _socket is null)
        {
            End(new ConnectionEnd(true, 0, "close packet"));
        }
        else if (frame is { Kind: WireKind.Ping, Text: "2" } && recorded.AnswersPings)
        {
            _ = AnswerPingAsync();
        }
    }

    private async Task AnswerPingAsync()
    {
        try
        {
            if (_socket is not null)
            {
                await _socket.SendAsync("3", isBinary: false, _stop.Token);
            }
            else
            {
                var opening = recorded.Recording.Opening;
                await RequestAsync(opening with { Method = "POST", RequestBody = "3", Url = new Uri(opening.Url + "&sid=x") }, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TargetException or ObjectDisposedException)
        {
            // It ended meanwhile: there is nothing to keep alive.
        }
    }

    private WireFrame Keep(bool fromClient, string text, bool isBinary)
    {
        var frame = WireFrame.Read(text, isBinary);
        lock (_lock)
        {
            _frames.Add(new ViewedFrame(fromClient, frame));
        }

        arrived.Set();
        return frame;
    }

    private void End(ConnectionEnd end)
    {
        lock (_lock)
        {
            _end ??= _leaving ? ConnectionEnd.ByClient : end;
        }

        arrived.Set();
    }
}
