using System.Globalization;
using System.Net.WebSockets;
using System.Text;

using Gateway.Primitives;
using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Does in a throw-away conversation at a server what a user of V0's did, one turn after another, and deletes the conversation. What the
/// server's own agent does meanwhile is kept as shapes. Any thread; conversations at the same time are independent.
/// </summary>
/// <param name="timeout">For one answer of the server.</param>
/// <param name="turnLimit">For one turn of its agent.</param>
/// <param name="notes">Learns of what is left behind.</param>
internal sealed class TurnPlayer(
    Uri server, TargetCredentials credentials, TimeSpan timeout, TimeSpan turnLimit, ShadowNotes notes, TimeProvider timeProvider)
    : IDisposable
{
    private const int NotFound = 404;

    // Where a user went on before the agent was at rest, that rest may come in the next turn: it is its own when nothing follows.
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http =
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public Uri Server => server;

    /// <exception cref="TargetException">
    /// The server does not answer, or not as one of V0's kind; or its agent does not come to rest.
    /// </exception>
    public async Task<IReadOnlyList<TurnShape>> PlayAsync(ObservedTurns observed, CancellationToken cancellationToken)
    {
        var id = await CreateAsync(observed.Creation ?? "{}", cancellationToken);
        try
        {
            await using var played = new Playing(server, id, credentials, timeProvider);
            await played.ConnectAsync(timeout, cancellationToken);
            var turn = observed.HasFirstMessage ? 1 : 0;
            await AwaitTurnAsync(turn);
            foreach (var action in observed.Actions)
            {
                await played.SendAsync(action, cancellationToken);
                await AwaitTurnAsync(++turn);
            }

            return played.Turns;

            async Task AwaitTurnAsync(int number)
            {
                // The user of V0 went on before its agent was at rest, and so is gone on here.
                var waitsForRest = observed.Turns[number].IsAtRest;
                var isCrowded = number > 0 && !observed.Turns[number - 1].IsAtRest;
                var isMet = waitsForRest
                    ? await played.UntilRestAsync(number, isCrowded ? s_settle : TimeSpan.Zero, turnLimit, cancellationToken)
                    : await played.UntilBegunAsync(number, timeout, cancellationToken);
                if (!isMet)
                {
                    var text = string.Create(
                        CultureInfo.InvariantCulture,
                        $"the agent of {server} did not come to rest in turn {number} within {turnLimit.TotalSeconds:0.#} s");
                    throw new TargetException(text) { IsLate = true };
                }
            }
        }
        finally
        {
            await DeleteAsync(id);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> CreateAsync(string body, CancellationToken cancellationToken)
    {
        var (status, text) = await RequestAsync(HttpMethod.Post, "api/conversations", body, cancellationToken);
        return JsonTree.ReadOrNull(text).TextOrNull("conversation_id")
            ?? throw new TargetException($"{server} made no conversation: HTTP {status}");
    }

    private async Task DeleteAsync(string id)
    {
        // Also when the comparison is over for another reason.
        try
        {
            var path = $"api/conversations/{Uri.EscapeDataString(id)}";
            var (status, _) = await RequestAsync(HttpMethod.Delete, path, null, CancellationToken.None);
            if (status is < 300 or NotFound)
            {
                return;
            }
        }
        catch (TargetException)
        {
            // Said below.
        }

        notes.AddPartial($"a throw-away conversation could not be deleted at {server}");
    }

    private async Task<(int Status, string Body)> RequestAsync(
        HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        using var request = new HttpRequestMessage(method, new Uri($"{server.AbsoluteUri.TrimEnd('/')}/{path}"));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var header in credentials.OnHeaders(credentials.OfRecordedClient()))
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        try
        {
            using var answer = await _http.SendAsync(request, limit.Token);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TargetException($"{server} does not answer within {timeout.TotalSeconds:0.#} s") { IsLate = true };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TargetException($"{server} cannot be reached: {exception.GetBaseException().Message}", exception);
        }
    }

    /// <summary>The client in a throw-away conversation. Its socket tells it what comes; one caller plays.</summary>
    private sealed class Playing : IAsyncDisposable
    {
        private static readonly TimeSpan s_leaveLimit = TimeSpan.FromSeconds(2);

        private readonly Lock _lock = new();
        private readonly List<TurnShape> _turns = [new()];

        // V0 gives its first client everything twice.
        private readonly HashSet<int> _seen = [];
        private readonly AsyncSignal _arrived = new();
        private readonly WebSocketClient _socket;
        private readonly Uri _server;
        private readonly string _id;
        private readonly TargetCredentials _credentials;
        private readonly TimeProvider _timeProvider;
        private bool _isOpen;
        private bool _isConnected;
        private string? _end;

        public Playing(Uri server, string id, TargetCredentials credentials, TimeProvider timeProvider)
        {
            (_server, _id, _credentials, _timeProvider) = (server, id, credentials, timeProvider);
            _socket = new WebSocketClient(Receive, End);
        }

        /// <summary>To be read when nothing more is to come.</summary>
        public IReadOnlyList<TurnShape> Turns
        {
            get
            {
                lock (_lock)
                {
                    return [.. _turns];
                }
            }
        }

        public async Task ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            var query = $"conversation_id={Uri.EscapeDataString(_id)}&latest_event_id=-1&EIO=4&transport=websocket";
            var key = _credentials.RecordedKey is { } recorded ? $"&session_api_key={Uri.EscapeDataString(recorded)}" : "";
            var address = TargetUri.For(
                _server, new Uri($"http://recorded/socket.io/?{query}{key}"), null, webSocket: true, new LiveIds(), _credentials);
            try
            {
                await _socket.ConnectAsync(address, _credentials.Headers, cancellationToken)
                    .WaitAsync(limit, _timeProvider, cancellationToken);
            }
            catch (Exception exception) when (exception is WebSocketException or TimeoutException)
            {
                throw new TargetException($"{_server} opens no WebSocket: {exception.GetBaseException().Message}", exception);
            }

            if (!await UntilAsync(() => _isOpen, limit, cancellationToken))
            {
                throw new TargetException($"{_server} opened no session within {limit.TotalSeconds:0.#} s") { IsLate = true };
            }

            await _socket.SendAsync("40", isBinary: false, cancellationToken);
            if (!await UntilAsync(() => _isConnected, limit, cancellationToken))
            {
                throw new TargetException($"{_server} did not answer CONNECT within {limit.TotalSeconds:0.#} s") { IsLate = true };
            }
        }

        public Task SendAsync(JObject action, CancellationToken cancellationToken) =>
            _socket.SendAsync($"42{new JArray("oh_user_action", action).ToString(Formatting.None)}", isBinary: false, cancellationToken);

        /// <summary>Until a turn has begun. False when the limit is over.</summary>
        public Task<bool> UntilBegunAsync(int turn, TimeSpan limit, CancellationToken cancellationToken) =>
            UntilAsync(() => _turns.Count > turn, limit, cancellationToken);

        /// <summary>Until the agent is at rest in a turn, and has been for so long. False when the limit is over.</summary>
        public async Task<bool> UntilRestAsync(int turn, TimeSpan quiet, TimeSpan limit, CancellationToken cancellationToken)
        {
            var started = _timeProvider.GetTimestamp();
            while (await UntilAsync(() => _turns.Count > turn && _turns[turn].IsAtRest, Left(), cancellationToken))
            {
                int seen;
                lock (_lock)
                {
                    seen = _seen.Count;
                }

                if (quiet == TimeSpan.Zero || !await UntilAsync(() => _seen.Count > seen, quiet, cancellationToken))
                {
                    return true;
                }
            }

            return false;

            TimeSpan Left() => limit - _timeProvider.GetElapsedTime(started);
        }

        public async ValueTask DisposeAsync()
        {
            await _socket.CloseAsync(s_leaveLimit, CancellationToken.None);
            await _socket.DisposeAsync();
        }

        private async Task<bool> UntilAsync(Func<bool> isMet, TimeSpan limit, CancellationToken cancellationToken)
        {
            var started = _timeProvider.GetTimestamp();
            while (true)
            {
                lock (_lock)
                {
                    if (isMet())
                    {
                        return true;
                    }

                    if (_end is { } end)
                    {
                        throw new TargetException($"{_server} ended the connection ({end})");
                    }
                }

                var left = limit - _timeProvider.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                await _arrived.WaitAsync(left, _timeProvider, cancellationToken);
            }
        }

        private void Receive(string text, bool isBinary)
        {
            var packet = WireFrame.Read(text, isBinary);
            lock (_lock)
            {
                switch (packet)
                {
                    case { Kind: WireKind.Open }:
                        _isOpen = true;
                        break;
                    case { Kind: WireKind.Ping }:
                        _ = _socket.SendAsync("3", isBinary: false, CancellationToken.None);
                        break;
                    case { Kind: WireKind.Connect }:
                        _isConnected = true;
                        break;
                    case { Kind: WireKind.ConnectError or WireKind.Disconnect }:
                        _end ??= packet.Kind == WireKind.Disconnect ? "disconnected" : "CONNECT was refused";
                        break;
                    case { EventName: "oh_event" } when V0Event.From(packet.Argument) is { } one && _seen.Add(one.Id):
                        TurnShape.AddTo(_turns, one);
                        break;
                }
            }

            _arrived.Set();
        }

        private void End(ConnectionEnd end)
        {
            lock (_lock)
            {
                _end ??= end.Code.ToString(CultureInfo.InvariantCulture);
            }

            _arrived.Set();
        }
    }
}
