using System.Collections.Concurrent;
using System.Threading.RateLimiting;

using Gateway.Primitives;

using Microsoft.Extensions.Caching.Memory;

namespace Gateway.Access.Forward;

/// <summary>
/// Asks a server of the operator's own who may come in, as nginx's <c>auth_request</c> does. An answer is kept for a short time for the
/// same question, by its hash; while a question is open, who has the same one waits for its answer. Questions are bounded in number and
/// time: what cannot be asked is refused. One instance for the process; any thread.
/// </summary>
internal sealed partial class ForwardPolicy : IAccessPolicy, IDisposable
{
    private const int WaitingForOne = 16;

    private static readonly string[] s_headers = ["cookie", "authorization", "host"];

    private readonly ForwardOptions _options;
    private readonly AccessServer _server;
    private readonly AccessMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ForwardPolicy> _logger;
    private readonly ConcurrencyLimiter _limiter;
    private readonly MemoryCache _answers;
    private readonly WarningInterval _warning;
    private readonly ConcurrentDictionary<string, Lazy<Task<AccessDecision>>> _open = new(StringComparer.Ordinal);

    public ForwardPolicy(
        ForwardOptions options, AccessServer server, AccessMetrics metrics, TimeProvider timeProvider, ILogger<ForwardPolicy> logger)
    {
        _options = options;
        _server = server;
        _metrics = metrics;
        _timeProvider = timeProvider;
        _logger = logger;
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = options.MaxQuestions,
            QueueLimit = options.MaxQuestions * WaitingForOne,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        metrics.WatchQuestions(
            () => 1 - ((double)(_limiter.GetStatistics()?.CurrentAvailablePermits ?? options.MaxQuestions) / options.MaxQuestions));
        _warning = new WarningInterval(timeProvider);
        _answers = new MemoryCache(new MemoryCacheOptions { SizeLimit = options.MaxCached });
        HeaderNames =
        [
            .. s_headers.Concat(options.Headers.Select(static name => name.ToLowerInvariant())).Distinct(StringComparer.Ordinal),
        ];
    }

    public IReadOnlyList<string> HeaderNames { get; }

    public async ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken)
    {
        var question = ForwardQuestion.Of(request, HeaderNames);
        if (FindAnswer(question.Key) is { } known)
        {
            _metrics.Cached();
            return known.Decision;
        }

        // The question belongs to nobody: who asked first may leave, and the others get their answer all the same.
        var asking = _open.GetOrAdd(question.Key, _ => new Lazy<Task<AccessDecision>>(() => AskAsync(question)));
        return await asking.Value.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _limiter.Dispose();
        _answers.Dispose();
    }

    private async Task<AccessDecision> AskAsync(ForwardQuestion question)
    {
        try
        {
            // An answer may have come between the look and this.
            var answer = FindAnswer(question.Key)?.Answer ?? await AskServerAsync(question);
            return answer.Decision;
        }
        finally
        {
            _open.TryRemove(question.Key, out _);
        }
    }

    private async Task<ForwardAnswer> AskServerAsync(ForwardQuestion question)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _timeProvider);
        var answer = await AskWithinAsync(question, limit.Token);
        _metrics.Asked(answer.Outcome);
        if (!answer.IsDecided && _warning.IsDue())
        {
            Log.NotAnswered(_logger, answer.Outcome);
        }
        else if (answer.IsDecided && _options.CacheTime > TimeSpan.Zero)
        {
            // By the clock of the process and not the cache's own, which ends it a little later.
            var kept = new KeptAnswer(answer, _timeProvider.GetTimestamp());
            _answers.Set(
                question.Key, kept, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = _options.CacheTime });
        }

        return answer;
    }

    private async Task<ForwardAnswer> AskWithinAsync(ForwardQuestion question, CancellationToken limit)
    {
        try
        {
            using var lease = await _limiter.AcquireAsync(permitCount: 1, limit);
            return lease.IsAcquired ? await _server.AskAsync(question, limit) : ForwardAnswer.Failed("busy");
        }
        catch (OperationCanceledException)
        {
            return ForwardAnswer.Failed("busy");
        }
    }

    private KeptAnswer? FindAnswer(string key) =>
        _answers.TryGetValue(key, out KeptAnswer? kept) && kept is not null
            && _timeProvider.GetElapsedTime(kept.Since) < _options.CacheTime ? kept : null;

    private sealed record KeptAnswer(ForwardAnswer Answer, long Since)
    {
        public AccessDecision Decision => Answer.Decision;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Warning, "The access server (Access:Forward:Address) has not decided: {Outcome}. Those who ask are refused meanwhile.")]
        public static partial void NotAnswered(ILogger logger, string outcome);
    }
}
