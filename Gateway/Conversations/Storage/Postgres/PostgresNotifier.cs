using Gateway.Primitives;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Tells other gateways where there is something new: one NOTIFY at a time for the whole process, because transactions that notify commit
/// one after another; with an append where nothing else is to be said. What is said meanwhile goes with the next one, the newest head of
/// each conversation. Nobody waits for it, and a notice that fails is dropped: the others look by themselves. Any
/// thread.
/// </summary>
internal sealed partial class PostgresNotifier(PostgresCalls calls, string sender, ILogger logger) : SerialWorker
{
    // More than one text holds: then it says only that there are many.
    private const int MaxWaiting = NodeNotices.MaxBytes / 4;

    private readonly Lock _lock = new();
    private Dictionary<ConversationKey, NodeNotice> _waiting = [];
    private bool _isSending;
    private bool _isGreetingDue;

    public void Add(NodeNotice notice)
    {
        lock (_lock)
        {
            var hasOther = _waiting.TryGetValue(notice.Key, out var other);
            if (hasOther || _waiting.Count < MaxWaiting)
            {
                _waiting[notice.Key] = hasOther
                    ? new NodeNotice(notice.Key, Math.Max(other.Head, notice.Head), other.HasMessages || notice.HasMessages)
                    : notice;
            }
        }

        Wake();
    }

    /// <summary>Sends the sender's name alone.</summary>
    public void Greet()
    {
        lock (_lock)
        {
            _isGreetingDue = true;
        }

        Wake();
    }

    /// <summary>
    /// The text of a notice that the caller sends with a statement of its own, before it disposes this. Null when others are on the way, or
    /// wait.
    /// </summary>
    public Begun? TryBegin(NodeNotice notice)
    {
        lock (_lock)
        {
            if (_isSending || _waiting.Count > 0)
            {
                return null;
            }

            _isSending = true;
        }

        return new Begun(this, NodeNotices.Encode(sender, [notice]));
    }

    protected override async ValueTask RunAsync()
    {
        Dictionary<ConversationKey, NodeNotice> notices;
        lock (_lock)
        {
            notices = _waiting;
            if (_isSending || (notices.Count == 0 && !_isGreetingDue))
            {
                // Whoever sends looks again afterwards.
                return;
            }

            _waiting = [];
            _isGreetingDue = false;
            _isSending = true;
        }

        // Full: some may have found no place.
        var text = notices.Count < MaxWaiting ? NodeNotices.Encode(sender, notices.Values) : "";
        try
        {
            await calls.RunAsync(text, NotifyAsync, CancellationToken.None);
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            // It has been said why, or the process ends.
        }
        finally
        {
            Sent();
        }
    }

    protected override void OnFault(Exception exception) => Log.Failed(logger, exception);

    private static async ValueTask<bool> NotifyAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(PostgresGatewayStatements.Notify).With(text);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private void Sent()
    {
        lock (_lock)
        {
            _isSending = false;
            if (_waiting.Count == 0 && !_isGreetingDue)
            {
                return;
            }
        }

        Wake();
    }

    /// <summary>A notice that goes with a statement: no other goes before its end. Disposed once.</summary>
    public sealed class Begun(PostgresNotifier notifier, string text) : IDisposable
    {
        public string Text { get; } = text;

        public void Dispose() => notifier.Sent();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Other gateways are not told of new events any more; they look by themselves.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
