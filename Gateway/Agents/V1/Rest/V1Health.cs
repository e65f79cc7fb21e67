using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// Whether V1's server, or the app server before it, answers: asked at most every few seconds, however often somebody wants to know. One
/// for the process; any thread.
/// </summary>
internal sealed class V1Health(V1RestClient rest, IOptions<V1Options> options, TimeProvider timeProvider) : IBackendHealth
{
    private const string Path = "alive";
    private const string Unreachable = "the agent server does not answer";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_callersLimit = TimeSpan.FromSeconds(1);

    private readonly V1Endpoint _endpoint = V1Endpoint.Create(
        options.Value.BaseUrl is { Length: > 0 } baseUrl ? baseUrl : options.Value.AppServerUrl ?? "", options.Value.SessionApiKey);

    private readonly Lock _lock = new();
    private Task _asking = Task.CompletedTask;
    private long? _askedAt;
    private volatile string? _problem;

    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        Task asking;
        lock (_lock)
        {
            if (_asking.IsCompleted && (_askedAt is not { } askedAt || timeProvider.GetElapsedTime(askedAt) >= s_lifetime))
            {
                _askedAt = timeProvider.GetTimestamp();
                _asking = AskAsync();
            }

            asking = _asking;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(asking, Task.Delay(s_callersLimit, timeProvider, limit.Token));
        await limit.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return _problem;
    }

    private async Task AskAsync()
    {
        // The first await must not run under the caller's lock.
        await Task.Yield();
        var answer = await rest.SendAsync(HttpMethod.Get, _endpoint, Path, null, s_limit, CancellationToken.None);

        // A proxy before a server that is not there answers in its stead.
        _problem = answer.Status is > 0 and < 500 || answer.IsTooLarge ? null : Unreachable;
    }
}
