namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Every statement that the store sends once its tables are there. Each names exactly one conversation by its key, a list or a document one
/// user, so that the tables can be distributed by <c>conversation_id</c>; the exceptions say so. A conversation without a user has the user
/// <c>''</c>. Held by a test.
/// </summary>
internal static class PostgresStatements
{
    /// <summary>$1, $2 the conversation. What an append must know: nothing when the conversation has no events and no metadata.</summary>
    public const string ReadHead =
        """
        SELECT head, fence, epoch FROM gateway.conversations WHERE conversation_id = $1 AND user_id = $2
        """;

    /// <summary>
    /// $3 the head that is expected, $4 the fence, $5 the new head, $6 ids, $7 bodies, $8 the epoch, 0 for whoever has no agent, $9 source
    /// ids, null where an event has none, $10 through which event the agent was told of clients' actions, $11 a notice to send with it
    /// (<see cref="NodeNotices"/>), or nothing. Whoever finds another head writes nothing, and neither does whoever has lost the agent. The
    /// row's lock makes commits come in the order of ids. Gives how many events are stored.
    /// </summary>
    public const string Append =
        """
        WITH won AS (
          UPDATE gateway.conversations SET head = $5, heard_through = CASE WHEN $8 = 0 THEN heard_through ELSE $10 END
          WHERE conversation_id = $1 AND user_id = $2 AND head = $3 AND fence = $4 AND ($8 = 0 OR epoch = $8)
          RETURNING conversation_id, user_id
        ), stored AS (
          INSERT INTO gateway.events (conversation_id, user_id, id, body, v1_id)
          SELECT won.conversation_id, won.user_id, event.id, event.body, event.v1_id
          FROM won, unnest($6, $7, $9) AS event (id, body, v1_id)
          RETURNING id
        )
        SELECT (SELECT count(*) FROM stored), (SELECT count(pg_notify('gateway', $11)) FROM won WHERE $11 <> '')
        """;

    /// <summary>As <see cref="Append"/>, for a conversation without events, which need not be there yet.</summary>
    public const string AppendFirst =
        """
        WITH won AS (
          INSERT INTO gateway.conversations AS conversation (conversation_id, user_id, head, fence) VALUES ($1, $2, $5, $4)
          ON CONFLICT (conversation_id, user_id) DO UPDATE SET head = excluded.head
          WHERE conversation.head = $3 AND conversation.fence = $4 AND $8 = 0
          RETURNING conversation_id, user_id
        ), stored AS (
          INSERT INTO gateway.events (conversation_id, user_id, id, body, v1_id)
          SELECT won.conversation_id, won.user_id, event.id, event.body, event.v1_id
          FROM won, unnest($6, $7, $9) AS event (id, body, v1_id)
          RETURNING id
        )
        SELECT (SELECT count(*) FROM stored), (SELECT count(pg_notify('gateway', $11)) FROM won WHERE $11 <> '')
        """;

    /// <summary>
    /// After an append whose end is not known: waits for it if it still runs, and keeps it from happening later. $1, $2 the conversation.
    /// </summary>
    public const string Fence =
        """
        UPDATE gateway.conversations SET fence = fence + 1 WHERE conversation_id = $1 AND user_id = $2 RETURNING head, fence, epoch
        """;

    /// <summary>As <see cref="Fence"/>, where the append might have made the conversation.</summary>
    public const string FenceFirst =
        """
        INSERT INTO gateway.conversations AS conversation (conversation_id, user_id, head, fence) VALUES ($1, $2, -1, 1)
        ON CONFLICT (conversation_id, user_id) DO UPDATE SET fence = conversation.fence + 1 RETURNING head, fence, epoch
        """;

    /// <summary>
    /// $3 and $4 the first and the last id, $5 how many events at most, $6 once there are so many bytes no more. The bytes are added up
    /// over the lengths alone: with the bodies, the sum would copy them, which takes twice the time.
    /// </summary>
    public const string ReadEvents =
        """
        SELECT id, body FROM gateway.events
        WHERE conversation_id = $1 AND user_id = $2 AND id >= $3 AND id <= (
          SELECT max(id) FROM (
            SELECT id, sum(size) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - size AS before
            FROM (
              SELECT id, octet_length(body) AS size FROM gateway.events
              WHERE conversation_id = $1 AND user_id = $2 AND id >= $3 AND id <= $4 ORDER BY id LIMIT $5
            ) AS found
          ) AS counted
          WHERE before < $6
        ) ORDER BY id
        """;

    /// <summary>$3 the first id, $4 how many at most.</summary>
    public const string ReadSourceIds =
        """
        SELECT id, v1_id FROM gateway.events
        WHERE conversation_id = $1 AND user_id = $2 AND id >= $3 AND v1_id IS NOT NULL ORDER BY id LIMIT $4
        """;

    /// <summary>
    /// Takes the locks that appending takes, and writes nothing: no conversation has the empty id that $1 is. Fails after a failover, for
    /// example, and waits while a table is locked.
    /// </summary>
    public const string TryWrite =
        """
        WITH event AS (DELETE FROM gateway.events WHERE conversation_id = $1 AND user_id = $2)
        UPDATE gateway.conversations SET head = head WHERE conversation_id = $1 AND user_id = $2
        """;

    public const string ReadMetadata =
        """
        SELECT json FROM gateway.metadata WHERE conversation_id = $1 AND user_id = $2
        """;

    /// <summary>$3 the JSON, $4 its time of creation in ticks; null when V0 could not read it, and $5 why.</summary>
    public const string CreateMetadata =
        """
        WITH known AS (
          INSERT INTO gateway.conversations (conversation_id, user_id, head, fence) VALUES ($1, $2, -1, 0) ON CONFLICT DO NOTHING
        )
        INSERT INTO gateway.metadata (conversation_id, user_id, json, created_at, problem) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>As <see cref="CreateMetadata"/>; $6 the version that is replaced (<see cref="DocumentBytes.Version"/>).</summary>
    public const string ReplaceMetadata =
        """
        UPDATE gateway.metadata SET json = $3, created_at = $4, problem = $5
        WHERE conversation_id = $1 AND user_id = $2 AND upper(encode(substring(sha256(json) FOR 16), 'hex')) = $6
        """;

    /// <summary>$1 the user: all of his conversations, and those that can be listed.</summary>
    public const string CountConversations =
        """
        SELECT (SELECT count(*) FROM gateway.conversations WHERE user_id = $1),
               (SELECT count(*) FROM gateway.metadata WHERE user_id = $1 AND created_at IS NOT NULL)
        """;

    /// <summary>$1 the user, $2 and $3 which of them.</summary>
    public const string ListConversations =
        """
        SELECT conversation_id, json FROM gateway.metadata WHERE user_id = $1 AND created_at IS NOT NULL
        ORDER BY created_at DESC, conversation_id OFFSET $2 LIMIT $3
        """;

    /// <summary>$1 the user, $2 how many at most.</summary>
    public const string ListDamaged =
        """
        SELECT conversation_id, metadata.problem
        FROM gateway.conversations LEFT JOIN gateway.metadata USING (conversation_id, user_id)
        WHERE user_id = $1 AND metadata.created_at IS NULL LIMIT $2
        """;

    /// <summary>
    /// First of two in one transaction: an append that runs ends before, and its events are seen by <see cref="DeleteConversation"/>.
    /// </summary>
    public const string LockConversation =
        """
        SELECT 1 FROM gateway.conversations WHERE conversation_id = $1 AND user_id = $2 FOR UPDATE
        """;

    /// <summary>
    /// $3 this gateway. What it leaves for a minute is the message that ends the sessions of gateways that opened the conversation
    /// meanwhile. Whoever opens it anew begins behind that (<see cref="PostgresGatewayStatements.ReadLastMessage"/>).
    /// </summary>
    public const string DeleteConversation =
        """
        WITH events AS (DELETE FROM gateway.events WHERE conversation_id = $1 AND user_id = $2),
             journals AS (DELETE FROM gateway.journals WHERE conversation_id = $1 AND user_id = $2),
             metadata AS (DELETE FROM gateway.metadata WHERE conversation_id = $1 AND user_id = $2),
             messages AS (DELETE FROM gateway.messages WHERE conversation_id = $1 AND user_id = $2),
             won AS (
               DELETE FROM gateway.conversations WHERE conversation_id = $1 AND user_id = $2
               RETURNING conversation_id, user_id,
                 greatest(last_message + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS number
             )
        INSERT INTO gateway.messages (conversation_id, user_id, number, message_id, kind, origin, after_id, body)
        SELECT won.conversation_id, won.user_id, won.number, 'deleted-' || won.number, 'Close', $3, -1, 'Deleted'::bytea FROM won
        """;

    /// <summary>$3 the journal's name, $4 the first line that is wanted, $5 how many.</summary>
    public const string ReadJournal =
        """
        SELECT number, line FROM gateway.journals WHERE conversation_id = $1 AND user_id = $2 AND name = $3 AND number >= $4
        ORDER BY number LIMIT $5
        """;

    public const string ReadJournalEnd =
        """
        SELECT coalesce(max(number), -1) FROM gateway.journals WHERE conversation_id = $1 AND user_id = $2 AND name = $3
        """;

    /// <summary>What has no agent's gateway to be known by need not be there yet.</summary>
    public const string KnowConversation =
        """
        INSERT INTO gateway.conversations (conversation_id, user_id, head, fence) VALUES ($1, $2, -1, 0) ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// $4 the number of the first line, $5 the lines, $6 the epoch, 0 for whoever has no agent: whoever has lost it writes nothing. A line
    /// that is there stays, so that it can be sent again. Who takes the agent waits for this, and reads what it has written.
    /// </summary>
    public const string AppendJournal =
        """
        WITH won AS (
          SELECT conversation_id, user_id FROM gateway.conversations
          WHERE conversation_id = $1 AND user_id = $2 AND ($6 = 0 OR epoch = $6) FOR SHARE
        )
        INSERT INTO gateway.journals (conversation_id, user_id, name, number, line)
        SELECT won.conversation_id, won.user_id, $3, $4 + entry.index - 1, entry.line
        FROM won, unnest($5) WITH ORDINALITY AS entry (line, index)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>As <see cref="AppendJournal"/>, and nothing stays of what is before the first line.</summary>
    public const string ReplaceJournal =
        """
        WITH won AS (
          SELECT conversation_id, user_id FROM gateway.conversations
          WHERE conversation_id = $1 AND user_id = $2 AND ($6 = 0 OR epoch = $6) FOR SHARE
        ), replaced AS (
          DELETE FROM gateway.journals
          WHERE conversation_id = $1 AND user_id = $2 AND name = $3 AND number < $4 AND EXISTS (SELECT FROM won)
        )
        INSERT INTO gateway.journals (conversation_id, user_id, name, number, line)
        SELECT won.conversation_id, won.user_id, $3, $4 + entry.index - 1, entry.line
        FROM won, unnest($5) WITH ORDINALITY AS entry (line, index)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>The names of a conversation's journals.</summary>
    public const string ListJournals =
        """
        SELECT DISTINCT name FROM gateway.journals WHERE conversation_id = $1 AND user_id = $2 ORDER BY name
        """;

    /// <summary>The exception: once for a store that is copied.</summary>
    public const string ListUsers =
        """
        SELECT user_id FROM gateway.conversations UNION SELECT user_id FROM gateway.user_documents ORDER BY user_id
        """;

    /// <summary>$1 the user, $2 the conversation that is known already, $3 how many of those behind it.</summary>
    public const string ListIds =
        """
        SELECT conversation_id FROM gateway.conversations WHERE user_id = $1 AND conversation_id > $2 ORDER BY conversation_id LIMIT $3
        """;

    /// <summary>$1 the user, $2 the document's name.</summary>
    public const string ReadDocument =
        """
        SELECT json FROM gateway.user_documents WHERE user_id = $1 AND name = $2
        """;

    /// <summary>$3 the JSON.</summary>
    public const string CreateDocument =
        """
        INSERT INTO gateway.user_documents (user_id, name, json) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
        """;

    /// <summary>As <see cref="CreateDocument"/>; $4 the version that is replaced.</summary>
    public const string ReplaceDocument =
        """
        UPDATE gateway.user_documents SET json = $3
        WHERE user_id = $1 AND name = $2 AND upper(encode(substring(sha256(json) FOR 16), 'hex')) = $4
        """;
}
