using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// Plays recorded REST calls against a target. A call is begun in its place and may be under way while the recording goes on, as it was
/// then. What a server does on its own (a title, a state) has no signal: a GET that is not answered as recorded is asked again for a while.
/// Owned by one player, which begins calls one at a time.
/// </summary>
/// <param name="isAsRecorded">Whether an answer is as recorded, intended differences included; called from any thread.</param>
internal sealed class RestPlayer(Func<RestOutcome, bool> isAsRecorded, LiveIds ids, PlayOptions options, TimeProvider timeProvider)
    : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    // A call's end and the next one's beginning were taken down in whole milliseconds, by two clocks' readings.
    private static readonly TimeSpan s_accuracy = TimeSpan.FromMilliseconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly List<(HarEntry Entry, Task<RestOutcome> Task)> _calls = [];
    private readonly LiveValidators _validators = new();
    private readonly Lock _lock = new();
    private readonly long _began = timeProvider.GetTimestamp();
    private TimeSpan _patience = options.RestPatience;

    /// <summary>Begins a call. What it needs to have happened, its caller has waited for.</summary>
    public void Begin(RestCall call, Uri target, CancellationToken cancellationToken) =>
        _calls.Add((call.Entry, PlayAsync(call, target, cancellationToken)));

    /// <summary>The page of the target's web UI; null when it serves none.</summary>
    public string? WebUiPage { get; set; }

    /// <summary>Starts a conversation that was running when the recording began.</summary>
    public Task StartAsync(string conversationId, Uri target, CancellationToken cancellationToken)
    {
        var start = new HarEntry
        {
            Index = -1,
            Started = default,
            Duration = default,
            Method = "POST",
            Url = new Uri(target, $"/api/conversations/{conversationId}/start"),
            RawTarget = $"/api/conversations/{conversationId}/start",
            RequestHeaders = options.Credentials.OfRecordedClient(),
            RequestBody = """{"providers_set":[]}""",
            Status = 200,
            ResponseHeaders = [],
        };
        return SendAsync(new RestCall(0, start), target, cancellationToken);
    }

    /// <summary>Waits for the calls that had been answered by then.</summary>
    public async Task AwaitAnsweredAsync(DateTimeOffset time)
    {
        foreach (var (_, task) in _calls.Where(call => call.Entry.Ended - s_accuracy <= time).ToList())
        {
            await task;
        }
    }

    /// <summary>All answers, in the order of their calls.</summary>
    public async Task<IReadOnlyList<RestOutcome>> EndAsync() =>
        CallLimit.Mark(await Task.WhenAll(_calls.Select(static call => call.Task)));

    public void Dispose() => _http.Dispose();

    private async Task<RestOutcome> PlayAsync(RestCall call, Uri target, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var asked = timeProvider.GetTimestamp();
            var outcome = await SendAsync(call, target, cancellationToken) with
            {
                SentAt = timeProvider.GetElapsedTime(_began, asked),
                Took = timeProvider.GetElapsedTime(asked),
            };
            options.Measures?.Took(PlayMeasure.Rest, outcome.Took, outcome.Status > 0);
            _validators.Learn(outcome);
            if (call.Is("POST", "/api/conversations"))
            {
                ids.Learn(call.Entry.ResponseBody ?? "", outcome.Body);
                outcome = outcome with { Body = ids.ToRecorded(outcome.Body) };
            }

            if (!call.IsRead || options.KeepsPace || isAsRecorded(outcome) || !TrySpend(started))
            {
                return outcome;
            }

            await Task.Delay(s_pause, timeProvider, cancellationToken);
            SpendPause();
        }
    }

    private bool TrySpend(long started)
    {
        lock (_lock)
        {
            return _patience > TimeSpan.Zero && timeProvider.GetElapsedTime(started) < options.RestCallPatience;
        }
    }

    private void SpendPause()
    {
        lock (_lock)
        {
            _patience -= s_pause;
        }
    }

    private async Task<RestOutcome> SendAsync(RestCall call, Uri target, CancellationToken cancellationToken)
    {
        // A call that took its time at the recorded server may do so here.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.StepTimeout + call.Entry.Duration);
        try
        {
            var isKeptFromBefore = _validators.HasUnknown(call);
            using var request = RestRequest.Make(_validators.ToLive(call), target, ids, options.Credentials);
            using var response = await _http.SendAsync(request, limit.Token);
            var body = await response.Content.ReadAsStringAsync(limit.Token);
            var headers = response.Headers.Concat(response.Content.Headers)
                .Select(static header => new HarHeader(header.Key, string.Join(", ", header.Value)));
            return new RestOutcome(call, (int)response.StatusCode, [.. headers], ids.ToRecorded(body))
            {
                IsWithoutWebUi = WebUiPage is null,
                IsOfAnotherBuild = call.IsNamedByBuild && WebUiPage?.Contains(call.Path, StringComparison.Ordinal) == false,
                IsKeptFromBefore = isKeptFromBefore,
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new RestOutcome(
                call, 0, [], exception is OperationCanceledException ? "none in time" : exception.GetBaseException().Message);
        }
    }
}
