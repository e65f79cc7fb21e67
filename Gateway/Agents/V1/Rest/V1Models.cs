using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// The models that V1's server knows, kept for a while: a settings page asks for thousands of names that change with a new version of the
/// server alone. One for the process; any thread.
/// </summary>
internal sealed class V1Models(ConversationCalls calls, IEndpointLookup lookup, TimeProvider timeProvider) : IModelCatalogue
{
    // Longer names are no models; more of them are no list for people.
    private const int MaxModels = 20_000;
    private const int MaxNameLength = 200;

    private const string OwnProvider = "openhands";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_lifetimeOfNone = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private Task<IReadOnlyList<string>?> _asking = Task.FromResult<IReadOnlyList<string>?>(null);
    private long _askedAt;
    private bool _wasAsked;

    public async ValueTask<IReadOnlyList<string>?> FindModelsAsync(CancellationToken cancellationToken)
    {
        if (lookup.Shared is not { } endpoint)
        {
            return null;
        }

        Task<IReadOnlyList<string>?> asking;
        lock (_lock)
        {
            if (!_wasAsked || IsOld())
            {
                _wasAsked = true;
                _askedAt = timeProvider.GetTimestamp();
                _asking = AskAsync(endpoint);
            }

            asking = _asking;
        }

        return await asking.WaitAsync(cancellationToken);
    }

    private bool IsOld() => _asking.IsCompleted && timeProvider.GetElapsedTime(_askedAt)
        > (_asking is { IsCompletedSuccessfully: true, Result: not null } ? s_lifetime : s_lifetimeOfNone);

    private async Task<IReadOnlyList<string>?> AskAsync(V1Endpoint endpoint)
    {
        // The first await must not run under the caller's lock. The call has a limit of its own: whoever asked may have left.
        await Task.Yield();
        var answer = await calls.ModelsAsync(endpoint, CancellationToken.None);
        if (!answer.IsSuccess || answer.Object.Member("models") is not JArray { Count: > 0 } models)
        {
            return null;
        }

        // V0's list has these under their provider's name; V1 has them apart.
        var verified = await calls.VerifiedModelsAsync(endpoint, CancellationToken.None);
        var own = verified.Object.Object("models").Member(OwnProvider) as JArray ?? [];
        return
        [
            .. models.Select(static model => model.AsText())
                .Concat(own.Select(static model => model.AsText() is { } name ? $"{OwnProvider}/{name}" : null))
                .OfType<string>()
                .Where(static name => name.Length is > 0 and <= MaxNameLength)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Take(MaxModels),
        ];
    }
}
