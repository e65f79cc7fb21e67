using Gateway.Conversations.Storage;

namespace Gateway.Operations.Operators.Tables;

/// <summary>The table of the conversations that are open here. Any thread.</summary>
internal sealed class ConversationTables(Snapshots snapshots, AgentOwners owners, TimeProvider timeProvider)
{
    // For all rows of a page together: the store may be slow, and the page must not be.
    private static readonly TimeSpan s_stateLimit = TimeSpan.FromSeconds(1);

    public ITable Create() => new Table<OpenConversation>(
        "conversations",
        "Open conversations",
        [
            OperatorTables.Text<OpenConversation>("id", "Conversation", static row => row.Key.Id.Value),
            OperatorTables.Text<OpenConversation>("user", "User", static row => row.Key.UserId?.Value),
            OperatorTables.Text<OpenConversation>("version", "Lives at", static row => row.Session.Version),
            OperatorTables.Number<OpenConversation>("clients", "Clients", static row => row.Clients),
            OperatorTables.Number<OpenConversation>("head", "Head", static row => row.Head),
            OperatorTables.Number<OpenConversation>("lag", "Lag", static row => row.Lag),
            OperatorTables.Text<OpenConversation>("slowest", "Slowest", static row => row.Slowest),
            OperatorTables.Text<OpenConversation>("agentState", "Agent", static row => row.AgentState),
            OperatorTables.Text<OpenConversation>("upstream", "Upstream", static row => row.Upstream?.State.ToLowerInvariant()),
            OperatorTables.Text<OpenConversation>("socket", "Socket", static row => row.Upstream?.Socket),
            OperatorTables.Text<OpenConversation>("serverVersion", "V1 version", static row => row.Upstream?.ServerVersion),
            OperatorTables.Number<OpenConversation>("lastNumber", "V1 number", static row => row.Upstream?.LastNumber),
            OperatorTables.Number<OpenConversation>("reconnects", "Reconnects", static row => row.Upstream?.Reconnects),
            OperatorTables.Text<OpenConversation>("reason", "Last trouble", static row => row.Upstream?.Reason),
            OperatorTables.Text<OpenConversation>("owner", "Agent at", static row => row.Owner),
            OperatorTables.Text<OpenConversation>("recorded", "Recorded", static row => row.IsRecorded ? "yes" : null),
        ],
        "-clients",
        _ => new(snapshots.Take().Conversations),
        CompleteAsync);

    /// <summary>Reads where the agents of a page's rows are, and their states, as far as the store gives them in time.</summary>
    private async ValueTask<IReadOnlyList<OpenConversation>> CompleteAsync(
        IReadOnlyList<OpenConversation> rows, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_stateLimit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var elsewhere = await owners.FindAsync([.. rows.Where(static row => !row.HasAgent).Select(static row => row.Key)], stop.Token);
        var complete = new List<OpenConversation>(rows.Count);
        foreach (var row in rows)
        {
            complete.Add(row with
            {
                AgentState = await StateOfAsync(row, stop.Token),
                Owner = row.HasAgent ? row.Owner : elsewhere[row.Key],
            });
        }

        cancellationToken.ThrowIfCancellationRequested();
        return complete;
    }

    private static async ValueTask<string?> StateOfAsync(OpenConversation row, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return row.AgentState;
        }

        try
        {
            return await row.Session.ReadAgentStateAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // The store says by itself what is wrong with it.
            return row.AgentState;
        }
    }
}
