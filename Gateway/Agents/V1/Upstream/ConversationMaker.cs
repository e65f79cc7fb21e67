using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Finds a conversation on its server, and makes it there where a template says how. Not one that the server knew and lost since. Asked by
/// one caller at a time; <see cref="Made"/> may be read from any thread.
/// </summary>
internal sealed partial class ConversationMaker(Guid conversation, V1RestClient rest, ConversationTemplate template, ILogger logger)
{
    private volatile TaskCompletionSource? _pending;
    private bool _isKnown;

    /// <summary>
    /// Not complete while the server was asked to make the conversation and has not said yes or no: until then it would answer that it
    /// knows no such conversation.
    /// </summary>
    public Task Made => _pending?.Task ?? Task.CompletedTask;

    /// <summary>What the server says about the conversation; 404 when it does not know it and does not make it.</summary>
    public async ValueTask<RestResult> FindOrCreateAsync(V1Endpoint endpoint, CancellationToken cancellationToken)
    {
        var info = await rest.GetAsync(endpoint, $"api/conversations/{conversation:D}", cancellationToken);
        if (info is { Status: 404, Body: not null } && !_isKnown && template.Create(conversation) is { } request)
        {
            // Before the question: a message that comes meanwhile waits for the answer.
            _pending ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            info = await rest.PostAsync(endpoint, "api/conversations", request, cancellationToken);
            if (info.IsSuccess)
            {
                Log.Created(logger, conversation);
            }
            else if (info.Status is > 0 and < 500 and not 429)
            {
                Log.NotCreated(logger, conversation, info.Problem);
                info = new RestResult(404, new JObject());
            }
        }

        _isKnown |= info.IsSuccess;
        if (_isKnown || info is { Status: 404, Body: not null })
        {
            _pending?.TrySetResult();
            _pending = null;
        }

        // A 404 that is no JSON is a proxy's, before a server that is just not there.
        return info is { Status: 404, Body: null } ? RestResult.Unreachable : info;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Conversation {ConversationId:N} created on the agent server.")]
        public static partial void Created(ILogger logger, Guid conversationId);

        [LoggerMessage(2, LogLevel.Warning, "Conversation {ConversationId:N} could not be created on the agent server: {Problem}")]
        public static partial void NotCreated(ILogger logger, Guid conversationId, string problem);
    }
}
