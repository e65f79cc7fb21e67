using Gateway.Primitives;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// A conversation's one way to its agent-server. At rest REST is asked now and then; a socket is opened when a user acts or the agent runs,
/// opened again when it is lost, and let go when nobody needs it. Events are handed on in order, whichever way they came. Owned by the
/// conversation's backend, which runs <see cref="RunAsync"/> once; what is public besides may be used from any thread.
/// </summary>
internal sealed partial class UpstreamConnection(
    Guid conversation, IEndpointLookup lookup, V1RestClient rest, ConversationTemplate template, IOptions<V1Options> options,
        V1Context services)
{
    public const string Unauthorized = "The agent server refused the session key.";
    public const string NotFound = "The agent server does not know this conversation.";
    public const string GaveUp = "The agent server cannot be reached.";
    public const string Archived = "The conversation is archived on the agent server.";

    private const string NoLog = "The agent server did not give its log.";

    private const int MaxUseless = 10;

    // What the server says of a container that runs.
    private const string RuntimeAwake = "available";

    private readonly V1Options _options = options.Value;
    private readonly ReconnectPolicy _policy =
        new(options.Value.ReconnectDelay, options.Value.MaxReconnectDelay, Random.Shared.NextDouble);

    private readonly UpstreamUse _use = new(options.Value.DetachAfter, services.TimeProvider);
    private readonly ConversationMaker _maker = new(conversation, rest, template, services.Logger);
    private readonly LogReads _reads = new(conversation, services.Logger);
    private readonly SocketOpener _opener = new(conversation, options.Value, services.TimeProvider);
    private volatile UpstreamState _state = UpstreamState.Connecting;
    private volatile V1Endpoint? _endpoint;
    private volatile bool _isReconcileDue;
    private volatile string? _socketKind;
    private volatile string? _lastTrouble;
    private volatile FeedLoop? _loop;
    private long _reconnects;

    public UpstreamState State => _state;

    /// <summary>A socket is open and all that it has brought is taken: the log has the server's newest word on the agent.</summary>
    public bool IsCurrent => _loop?.IsCurrent == true;

    /// <summary><c>session</c> or <c>events</c>, of the socket that is open or was last; null before the first.</summary>
    public string? SocketKind => _socketKind;

    /// <summary>The server takes what users do and does not show what comes of it: it does not give its log.</summary>
    public bool IsWithoutLog => _reads.HasFailed && _loop?.HasCaughtUp != true;

    /// <summary>Null while the server has not said it.</summary>
    public string? ServerVersion => _opener.Version;

    /// <summary>How often the server was tried again after a loss.</summary>
    public long Reconnects => Interlocked.Read(ref _reconnects);

    /// <summary>Why the server was lost last, or not reached; null when it never was. Holds no key.</summary>
    public string? LastTrouble => _lastTrouble;

    /// <summary>The wait before a bridge that failed is started again.</summary>
    public TimeSpan RestartDelay => _options.ReconnectDelay;

    /// <summary>Where the user's actions go; null before the server was found.</summary>
    public V1Endpoint? Endpoint => _endpoint;

    /// <summary>As <see cref="ConversationMaker.Made"/>.</summary>
    public Task Made => _maker.Made;

    /// <summary>A user's action is under way until what this gives is disposed: the socket is opened, and held.</summary>
    public IDisposable Hold() => _use.Hold();

    /// <summary>Something was said of the conversation that may end it: the server is asked about it at once.</summary>
    public void Reconcile()
    {
        _isReconcileDue = true;
        _use.Wake();
    }

    /// <summary>
    /// What the server says about the conversation; 404 when it does not know it and does not make it. Remembers where the server is.
    /// </summary>
    public async ValueTask<RestResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var found = await lookup.FindAsync(conversation, cancellationToken);
        _endpoint = found.Endpoint ?? _endpoint;
        return found.Problem switch
        {
            LookupProblem.None when found.Endpoint is { } endpoint =>
                await _maker.FindOrCreateAsync(endpoint, cancellationToken),
            LookupProblem.NotFound => new RestResult(404, null),
            LookupProblem.Unauthorized => new RestResult(401, null),
            _ => RestResult.Unreachable,
        };
    }

    /// <summary>
    /// Runs until told to stop, or until there is no sense in another try. True when the server does not know the conversation any more.
    /// </summary>
    public async Task<bool> RunAsync(IUpstreamSink sink, CancellationToken cancellationToken)
    {
        var tries = 0;
        var unreachable = 0;
        // A long history, whose opening ended in the middle of it, is read page by page; the socket would send all of it at once, and drop
        // whoever is slower.
        _reads.IsDue = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            // A server that stays away is news once.
            var turn = await TakeTurnAsync(sink, tries == 0 ? LogLevel.Information : LogLevel.Debug, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            if (turn.Next is { } next)
            {
                tries = turn.Outcome == TurnOutcome.Worked ? 0 : tries + 1;
                // A socket that ends at once is no sign of a server that has gone, unless it goes on like that.
                unreachable = turn.Outcome == TurnOutcome.Failed || tries > MaxUseless ? unreachable + 1 : 0;
                turn = _options.MaxReconnects > 0 && tries >= _options.MaxReconnects ? Turn.Over(GaveUp) : turn;
                if (turn.Final is null && _policy.Next(next) is var delay && delay > TimeSpan.Zero)
                {
                    await StayAwayAsync(sink, unreachable, delay, cancellationToken);
                }
            }
            else if (turn.Final is null)
            {
                (tries, unreachable) = (0, 0);
                _policy.Reset();
                await RestAsync(sink, turn.IsRefused, cancellationToken);
            }

            if (turn.Final is { } reason)
            {
                _state = UpstreamState.Closed;
                _lastTrouble = reason;
                // One that was deleted is no trouble of anybody's.
                Log.GivenUp(services.Logger, reason == NotFound ? LogLevel.Information : LogLevel.Warning, conversation, reason);
                await sink.EndedAsync(reason, cancellationToken);
                return reason == NotFound;
            }
        }

        return false;
    }

    public void SetState(UpstreamState state) => _state = state;

    /// <summary>Asks REST, and holds a socket for as long as one is needed.</summary>
    private async Task<Turn> TakeTurnAsync(IUpstreamSink sink, LogLevel level, CancellationToken cancellationToken)
    {
        _isReconcileDue = false;
        _state = _state == UpstreamState.Resting && !_use.IsNeeded ? UpstreamState.Resting : UpstreamState.Connecting;
        var info = await ProbeAsync(cancellationToken);
        if (FinalOf(info) is { } final)
        {
            return Turn.Over(final);
        }

        if (info.Status == 409)
        {
            await sink.TroubleAsync(Archived, isRefused: true, cancellationToken);
            return Turn.Refused;
        }

        if (!info.IsSuccess || info.Object is not { } known || _endpoint is not { } endpoint)
        {
            _opener.Forget();
            var next = info.Status == 429 ? NextTry.MuchLater : NextTry.Later;
            _lastTrouble = info.Problem;
            Log.NotReady(services.Logger, level, conversation, info.Problem, next);
            return new Turn(next, TurnOutcome.Failed);
        }

        await sink.ConnectedAsync(known, cancellationToken);
        var reader = new LogReader(rest, endpoint, conversation, sink);
        return _use.IsNeeded || sink.IsAtWork
            ? await AttachAsync(sink, known, endpoint, reader, level, cancellationToken)
            : await LookAsync(sink, known, reader, level, cancellationToken);
    }

    /// <summary>Takes what the log has, without a socket.</summary>
    private async ValueTask<Turn> LookAsync(
        IUpstreamSink sink, JObject known, LogReader reader, LogLevel level, CancellationToken cancellationToken)
    {
        if (!await _reads.LookAsync(known, sink, reader, cancellationToken))
        {
            return Unanswered(level, NoLog);
        }

        await sink.CaughtUpAsync(cancellationToken);
        return Turn.Rest;
    }

    private async Task<Turn> AttachAsync(
        IUpstreamSink sink, JObject known, V1Endpoint endpoint, LogReader reader, LogLevel level, CancellationToken cancellationToken)
    {
        if (known.Object("runtime_info")?.TextOrNull("runtime_status") is { } runtime && runtime != RuntimeAwake)
        {
            // The socket wakes the container, which may take a while.
            await sink.DisconnectedAsync(0, cancellationToken);
        }

        var before = sink.LastSequence;
        await reader.AlignAsync(cancellationToken, cancellationToken);
        // Where no page has been had for long, the newer socket may bring by itself what none does.
        if (_reads.IsDue && !await _reads.TryReadAsync(sink, reader, cancellationToken) && !_reads.HasFailed)
        {
            return Unanswered(level, NoLog);
        }

        var version = await VersionAsync(endpoint, cancellationToken);
        var (socket, isSession, status) = await _opener.OpenAsync(endpoint, version, sink, cancellationToken);
        if (socket is null)
        {
            // The key was good for the question above, so a refusal of both sockets is no question of keys.
            _opener.Forget();
            _reads.IsDue = true;
            return Unanswered(level, status == 0 ? "Its socket did not open in time." : $"Its socket was refused with {status}.");
        }

        using (socket)
        {
            IFeed feed = isSession
                ? new SessionFeed(conversation, sink, reader, endpoint, services, _options.GapTimeout)
                : new EventsFeed(sink, reader, endpoint, services);
            _socketKind = isSession ? "session" : "events";
            Log.Connected(services.Logger, conversation, version ?? "of unknown version", _socketKind);
            _state = UpstreamState.Open;
            _reads.IsDue = true;
            var loop = new FeedLoop(socket, feed, sink, _use, () => _isReconcileDue, services);
            _loop = loop;
            var end = await loop.RunAsync(cancellationToken);
            _loop = null;
            if (loop.HasCaughtUp)
            {
                _reads.Succeeded();
            }

            if (end is null)
            {
                Log.LetGo(services.Logger, conversation);
                return Turn.Rest;
            }

            var hasProgress = sink.LastSequence > before;
            if (hasProgress)
            {
                _policy.Reset();
            }

            return await DecideAsync(sink, endpoint, end.Value, hasProgress, loop.HasCaughtUp, cancellationToken);
        }
    }

    /// <summary>What follows a close of the server's (<see cref="CloseTable"/>).</summary>
    private async ValueTask<Turn> DecideAsync(
        IUpstreamSink sink, V1Endpoint endpoint, SocketEnd end, bool hasProgress, bool hasCaughtUp, CancellationToken cancellationToken)
    {
        var row = CloseTable.Find(end);
        var next = hasProgress ? row.AfterProgress : row.Otherwise;
        var reason = endpoint.WithoutKey(end.Reason);
        _lastTrouble = reason.Length > 0 ? $"{end.Code} {reason}" : $"{end.Code}";
        Log.Ended(services.Logger, conversation, end.Code, reason, hasProgress, next);
        // Where no socket serves, the log is the only one that does.
        _reads.IsDue = row.ReadsLog || !hasProgress;
        if (row.AsksAtOnce)
        {
            var info = await ProbeAsync(cancellationToken);
            if (FinalOf(info) is { } final)
            {
                return Turn.Over(final);
            }

            if (info.Object is { } known && info.IsSuccess)
            {
                await sink.ConnectedAsync(known, cancellationToken);
            }

            if (info.Status == 409 || (info.IsSuccess && !sink.IsAtWork && !_use.IsNeeded))
            {
                // Nobody misses the socket: what the log has is read, and the conversation rests.
                _reads.IsDue = true;
                return new Turn(NextTry.AtOnce, TurnOutcome.Worked);
            }
        }

        if (row.Told is { } told && !hasProgress)
        {
            await sink.TroubleAsync(reason.Length > 0 ? $"{told} ({reason})" : told, isRefused: false, cancellationToken);
        }

        return new Turn(next, hasCaughtUp || hasProgress ? TurnOutcome.Worked : TurnOutcome.Answered);
    }

    private Turn Unanswered(LogLevel level, string problem)
    {
        _lastTrouble = problem;
        Log.NotReady(services.Logger, level, conversation, problem, NextTry.Later);
        return new Turn(NextTry.Later, TurnOutcome.Answered);
    }

    private async ValueTask<string?> VersionAsync(V1Endpoint endpoint, CancellationToken cancellationToken)
    {
        if (!_opener.Knows(endpoint))
        {
            var about = await rest.GetAsync(endpoint, "server_info", cancellationToken);
            _opener.Remember(endpoint, about.Object?.TextOrNull("version"));
        }

        return _opener.Version;
    }

    /// <summary>
    /// Waits for the next try; a user who acts meanwhile has it made sooner. A server that answers by REST and keeps its sockets to itself
    /// for long is read by REST meanwhile.
    /// </summary>
    private async ValueTask StayAwayAsync(IUpstreamSink sink, int unreachable, TimeSpan delay, CancellationToken cancellationToken)
    {
        _state = UpstreamState.Connecting;
        services.Metrics.Reconnect();
        Interlocked.Increment(ref _reconnects);
        await sink.DisconnectedAsync(unreachable, cancellationToken);
        var shortest = delay < _options.ReconnectDelay ? delay : _options.ReconnectDelay;
        await Task.Delay(shortest, services.TimeProvider, cancellationToken);
        var step = unreachable == 0 ? _options.LookInterval / 2 : delay;
        for (var left = delay - shortest; left > TimeSpan.Zero; left -= step)
        {
            if (await _use.WaitAsync(left < step ? left : step, cancellationToken))
            {
                return;
            }

            if (left > step && _endpoint is { } endpoint)
            {
                await new LogReader(rest, endpoint, conversation, sink).ReadAsync(cancellationToken);
            }
        }
    }

    /// <summary>Until somebody needs the socket, or it is time to look.</summary>
    /// <param name="isRefused">The server does not serve the conversation: whoever needs it waits for the next look too.</param>
    private async ValueTask RestAsync(IUpstreamSink sink, bool isRefused, CancellationToken cancellationToken)
    {
        _state = UpstreamState.Resting;
        var began = services.TimeProvider.GetTimestamp();
        var look = Jitter.Around(_options.LookInterval);
        var isQuiet = false;
        while (!_isReconcileDue && (isRefused || !_use.IsNeeded))
        {
            var left = look - services.TimeProvider.GetElapsedTime(began);
            var quiet = isQuiet ? null : sink.QuietAfter;
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            var isWoken = await _use.WaitAsync(quiet < left ? quiet.Value : left, cancellationToken);
            if (!isWoken && quiet < left)
            {
                // The log's end has been quiet for as long as it takes to know what it means.
                isQuiet = true;
                await sink.OnIdleAsync(cancellationToken);
            }
        }
    }

    private static string? FinalOf(RestResult info) => info.IsUnauthorized ? Unauthorized : info.Status == 404 ? NotFound : null;
}
