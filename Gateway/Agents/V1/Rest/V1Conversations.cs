using Gateway.Agents.V1.Translation;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// The conversations of V1's server, for V0's routes. Where each conversation has a server of its own (an app server), none can be listed
/// or made: the app server does that. One for the process; any thread.
/// </summary>
internal sealed class V1Conversations(
    ConversationCalls calls, IEndpointLookup lookup, ConversationCache cache, ConversationTemplate template, IUserDocuments documents)
        : IBackendConversations
{
    private static readonly BackendAnswer s_madeElsewhere =
        BackendAnswer.Failed("Conversations are created by the server behind this one.");

    public bool NeedsModelSettings => lookup.Shared is not null && StartRequest.NeedsModel(template.CreateOrDefault(Guid.Empty));

    public async ValueTask<IReadOnlyList<BackendConversation>> ListAsync(CancellationToken cancellationToken) =>
        lookup.Shared is { } endpoint ? await cache.GetAsync(endpoint, cancellationToken) : [];

    public async ValueTask<BackendConversation?> FindAsync(ConversationId id, CancellationToken cancellationToken)
    {
        if (!ConversationUuid.TryParse(id, out var uuid)
            || (await lookup.FindAsync(uuid, cancellationToken)).Endpoint is not { } endpoint)
        {
            return null;
        }

        var found = await calls.FindAsync(endpoint, uuid, cancellationToken);
        return found.IsSuccess ? ConversationReader.Read(found.Object) : null;
    }

    public async ValueTask<BackendAnswer> CreateAsync(BackendCreation wanted, CancellationToken cancellationToken)
    {
        if (lookup.Shared is not { } endpoint || !ConversationUuid.TryParse(wanted.Key.Id, out var uuid))
        {
            return s_madeElsewhere;
        }

        var request = template.CreateOrDefault(uuid);
        var settings = await ReadAsync(UserDocument.Settings, wanted.Key, cancellationToken);
        var secrets = await ReadAsync(UserDocument.Secrets, wanted.Key, cancellationToken);
        if (StartRequest.Fill(request, wanted, settings, secrets) is { Outcome: BackendOutcome.Failed } refusal)
        {
            return refusal;
        }

        var created = await calls.CreateAsync(endpoint, request, cancellationToken);
        return created.IsSuccess ? BackendAnswer.Done
            : BackendAnswer.Failed(created.Problem, created.Status == 0 ? V0StatusId.RuntimeDisconnected : V0StatusId.Error);
    }

    public ValueTask<BackendAnswer> RenameAsync(ConversationId id, string title, CancellationToken cancellationToken) =>
        ChangeAsync(id, (endpoint, uuid) => calls.RenameAsync(endpoint, uuid, title, cancellationToken), cancellationToken);

    public async ValueTask<BackendAnswer> DeleteAsync(ConversationId id, CancellationToken cancellationToken)
    {
        var answer = await ChangeAsync(id, (endpoint, uuid) => calls.DeleteAsync(endpoint, uuid, cancellationToken), cancellationToken);
        if (answer.Outcome is not BackendOutcome.Failed)
        {
            cache.Remove(id);
        }

        return answer;
    }

    public ValueTask<BackendAnswer> StopAsync(ConversationId id, CancellationToken cancellationToken) =>
        ChangeAsync(id, (endpoint, uuid) => calls.StopAsync(endpoint, uuid, cancellationToken), cancellationToken);

    private async ValueTask<BackendAnswer> ChangeAsync(
        ConversationId id, Func<V1Endpoint, Guid, Task<RestResult>> change, CancellationToken cancellationToken)
    {
        if (!ConversationUuid.TryParse(id, out var uuid))
        {
            return BackendAnswer.Unknown;
        }

        var found = await lookup.FindAsync(uuid, cancellationToken);
        if (found.Endpoint is not { } endpoint)
        {
            return found.Problem == LookupProblem.NotFound ? BackendAnswer.Unknown : BackendAnswer.Failed(RestResult.Unreachable.Problem);
        }

        var result = await change(endpoint, uuid);
        return result.IsSuccess ? BackendAnswer.Done
            // A 404 that is no JSON is a proxy's, before a server that is just not there.
            : result is { Status: 404, Body: not null } ? BackendAnswer.Unknown
            : BackendAnswer.Failed(result.Problem);
    }

    private async ValueTask<JObject?> ReadAsync(UserDocument document, ConversationKey key, CancellationToken cancellationToken) =>
        (await documents.ReadAsync(document, key.UserId, cancellationToken))?.Json;
}
