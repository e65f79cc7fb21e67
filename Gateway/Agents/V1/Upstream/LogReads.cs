using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// When a conversation's log is read by REST, and what is made of a server that does not give it. Owned by one connection, used by its
/// loop; <see cref="HasFailed"/> may be read from any thread.
/// </summary>
internal sealed partial class LogReads(Guid conversation, ILogger logger)
{
    private const string NotGiven = "The agent server does not give this conversation's log: what happens in it cannot be shown.";

    // The log is read at least at every so manieth look, whatever the server says of its last change.
    private const int LooksForEachRead = 6;

    // A server that starts, or a page that comes late, fails once or twice.
    private const int MaxFailures = 3;

    private string? _lastChange;
    private int _looks;
    private volatile int _failures;

    /// <summary>The log may have what no socket brings.</summary>
    public bool IsDue { get; set; } = true;

    /// <summary>So many readings in a row have failed that clients were told.</summary>
    public bool HasFailed => _failures >= MaxFailures;

    /// <summary>Takes what the log has, if it may have changed since it was read. False when it is not given.</summary>
    /// <param name="known">What the server says of the conversation.</param>
    public async ValueTask<bool> LookAsync(JObject known, IUpstreamSink sink, LogReader reader, CancellationToken cancellationToken)
    {
        var change = known.TextOrNull("updated_at") is { } updated
            ? $"{updated} {known["leaf_event_id"]} {known["execution_status"]}"
            : null;
        if (!IsDue && change is not null && change == _lastChange && ++_looks < LooksForEachRead)
        {
            return true;
        }

        await reader.AlignAsync(cancellationToken, cancellationToken);
        if (!await TryReadAsync(sink, reader, cancellationToken))
        {
            return false;
        }

        (IsDue, _lastChange, _looks) = (false, change, 0);
        return true;
    }

    /// <summary>Takes what the log has. False when it is not given; clients are told of that when it goes on.</summary>
    public async ValueTask<bool> TryReadAsync(IUpstreamSink sink, LogReader reader, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync(cancellationToken))
        {
            Succeeded();
            return true;
        }

        if (++_failures == MaxFailures)
        {
            Log.NotRead(logger, conversation, MaxFailures);
            await sink.WithoutLogAsync(NotGiven, cancellationToken);
        }

        return false;
    }

    /// <summary>The log is read, or a socket has brought what it has.</summary>
    public void Succeeded() => _failures = 0;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "Conversation {ConversationId:N}: the agent server answers, and its log has not been read {Count} times in a row; it is tried "
                + "again.")]
        public static partial void NotRead(ILogger logger, Guid conversationId, int count);
    }
}
