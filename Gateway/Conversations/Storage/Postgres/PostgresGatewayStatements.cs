namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// The statements by which several gateways work together: who has a conversation's agent, what they tell one another, and where they are.
/// The rule of <see cref="PostgresStatements"/> holds here too, and the exceptions say so.
/// </summary>
internal static class PostgresGatewayStatements
{
    /// <summary>
    /// The exception: $1 and $2 the conversations that are open here, $3 their heads and $4 their messages as they are known, -1 where
    /// those are none of ours, $5 how long before its end a lease is worth a word. One look for all of them. Where nobody has the agent, or
    /// soon nobody will, it says in how many milliseconds.
    /// </summary>
    public const string ReadNews =
        """
        SELECT open.conversation_id, open.user_id, conversation.head, conversation.last_message,
          CASE WHEN conversation.owner IS NULL THEN 0
            ELSE greatest(0, extract(epoch FROM conversation.owner_until - now()) * 1000)::integer END
        FROM unnest($1, $2, $3, $4) AS open (conversation_id, user_id, head, message)
        LEFT JOIN gateway.conversations AS conversation
          ON conversation.conversation_id = open.conversation_id AND conversation.user_id = open.user_id
        WHERE conversation.head > open.head OR (open.message >= 0 AND (conversation.last_message > open.message
          OR conversation.owner IS NULL OR conversation.owner_until < now() + $5))
        """;

    /// <summary>
    /// $3 this gateway, $4 for how long. Gives nothing while another one has it, or when the conversation is not there. What follows is
    /// appended with the epoch that this gives.
    /// </summary>
    public const string TakeLease =
        """
        UPDATE gateway.conversations
        SET epoch = epoch + 1, owner = $3, owner_until = now() + $4, owner_since = now(), heard_through = least(heard_through, head)
        WHERE conversation_id = $1 AND user_id = $2 AND (owner IS NULL OR owner = $3 OR owner_until < now())
        RETURNING head, fence, epoch, heard_through
        """;

    /// <summary>As <see cref="TakeLease"/>, for a conversation that need not be there yet.</summary>
    public const string TakeFirstLease =
        """
        INSERT INTO gateway.conversations AS conversation
          (conversation_id, user_id, head, epoch, owner, owner_until, owner_since, heard_through)
        VALUES ($1, $2, -1, 1, $3, now() + $4, now(), -1)
        ON CONFLICT (conversation_id, user_id) DO UPDATE
        SET epoch = conversation.epoch + 1, owner = excluded.owner, owner_until = excluded.owner_until, owner_since = excluded.owner_since,
          heard_through = least(conversation.heard_through, conversation.head)
        WHERE conversation.owner IS NULL OR conversation.owner = excluded.owner OR conversation.owner_until < now()
        RETURNING head, fence, epoch, heard_through
        """;

    /// <summary>$3 this gateway, $4 for how long, $5 the epoch.</summary>
    public const string RenewLease =
        """
        UPDATE gateway.conversations SET owner_until = now() + $4
        WHERE conversation_id = $1 AND user_id = $2 AND owner = $3 AND epoch = $5
        """;

    /// <summary>
    /// The exception: as <see cref="RenewLease"/> for many conversations, $1, $2 and $3 with their epochs, $4 this gateway, $5 for how
    /// long. Leaves out those that somebody has locked, so that no row waits for another one.
    /// </summary>
    public const string RenewLeases =
        """
        WITH free AS (
          SELECT conversation.conversation_id, conversation.user_id
          FROM unnest($1, $2, $3) AS held (conversation_id, user_id, epoch)
          JOIN gateway.conversations AS conversation
            ON conversation.conversation_id = held.conversation_id AND conversation.user_id = held.user_id
          WHERE conversation.owner = $4 AND conversation.epoch = held.epoch
          FOR NO KEY UPDATE OF conversation SKIP LOCKED
        )
        UPDATE gateway.conversations AS conversation SET owner_until = now() + $5 FROM free
        WHERE conversation.conversation_id = free.conversation_id AND conversation.user_id = free.user_id
        RETURNING conversation.conversation_id, conversation.user_id
        """;

    /// <summary>$3 this gateway, $4 the epoch, $5 through which event the agent was told of clients' actions.</summary>
    public const string ReleaseLease =
        """
        UPDATE gateway.conversations SET owner = NULL, owner_until = NULL, heard_through = $5
        WHERE conversation_id = $1 AND user_id = $2 AND owner = $3 AND epoch = $4
        """;

    /// <summary>A conversation that was opened and of which nothing has become leaves nothing.</summary>
    public const string ForgetUnused =
        """
        DELETE FROM gateway.conversations
        WHERE conversation_id = $1 AND user_id = $2 AND head = -1 AND owner IS NULL
          AND NOT EXISTS (SELECT FROM gateway.metadata WHERE conversation_id = $1 AND user_id = $2)
          AND NOT EXISTS (SELECT FROM gateway.journals WHERE conversation_id = $1 AND user_id = $2)
        """;

    /// <summary>$3 this gateway.</summary>
    public const string IsHeldElsewhere =
        """
        SELECT owner <> $3 AND owner_until > now() FROM gateway.conversations WHERE conversation_id = $1 AND user_id = $2
        """;

    /// <summary>Nothing while nobody has the agent.</summary>
    public const string ReadHolder =
        """
        SELECT owner FROM gateway.conversations
        WHERE conversation_id = $1 AND user_id = $2 AND owner IS NOT NULL AND owner_until > now()
        """;

    /// <summary>$1 the user: his conversations with an agent, for how many seconds each has it, and its metadata.</summary>
    public const string ListHeld =
        """
        SELECT conversation_id, extract(epoch FROM now() - owner_since)::float8, json
        FROM gateway.conversations LEFT JOIN gateway.metadata USING (conversation_id, user_id)
        WHERE user_id = $1 AND owner IS NOT NULL AND owner_until > now()
        """;

    /// <summary>
    /// $1 the user, $2 some of his conversations, $3 this gateway, $4 for how long a count of clients is good: whether some gateway has the
    /// agent, and how many clients others have.
    /// </summary>
    public const string FindOpen =
        """
        SELECT conversation_id, owner IS NOT NULL AND owner_until > now(), (
          SELECT coalesce(sum(clients), 0)::integer FROM gateway.clients AS elsewhere
          WHERE user_id = $1 AND elsewhere.conversation_id = conversation.conversation_id AND node_id <> $3 AND seen_at > now() - $4
        )
        FROM gateway.conversations AS conversation WHERE user_id = $1 AND conversation_id = ANY ($2)
        """;

    /// <summary>$3 this gateway, $4 how many clients it has.</summary>
    public const string SetClients =
        """
        INSERT INTO gateway.clients (conversation_id, user_id, node_id, clients, seen_at) VALUES ($1, $2, $3, $4, now())
        ON CONFLICT (conversation_id, user_id, node_id) DO UPDATE SET clients = excluded.clients, seen_at = excluded.seen_at
        """;

    /// <summary>$3 this gateway, which has no clients any more.</summary>
    public const string ForgetClients =
        """
        DELETE FROM gateway.clients WHERE conversation_id = $1 AND user_id = $2 AND node_id = $3
        """;

    /// <summary>The exception: $1 this gateway, all of whose counts are still good.</summary>
    public const string RefreshClients =
        """
        UPDATE gateway.clients SET seen_at = now() WHERE node_id = $1
        """;

    /// <summary>The exception: those of gateways that have died. Never waits for a row.</summary>
    public const string SweepClients =
        """
        DELETE FROM gateway.clients WHERE (conversation_id, user_id, node_id) IN (
          SELECT conversation_id, user_id, node_id FROM gateway.clients WHERE seen_at < now() - interval '5 minutes' FOR UPDATE SKIP LOCKED
        )
        """;

    /// <summary>
    /// $3 its name, $4 its kind, $5 this gateway, $6 the event that it follows, $7 what it says. Numbers are times, so that they grow even
    /// where a conversation was deleted and made again, and the row's lock makes commits come in their order. Gives the log's head.
    /// </summary>
    public const string SendMessage =
        """
        WITH won AS (
          UPDATE gateway.conversations
          SET last_message = greatest(last_message + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
          WHERE conversation_id = $1 AND user_id = $2
          RETURNING conversation_id, user_id, last_message, head
        ), sent AS (
          INSERT INTO gateway.messages (conversation_id, user_id, number, message_id, kind, origin, after_id, body)
          SELECT won.conversation_id, won.user_id, won.last_message, $3, $4, $5, $6, $7 FROM won
          ON CONFLICT (conversation_id, user_id, message_id) DO NOTHING
        )
        SELECT head FROM won
        """;

    /// <summary>
    /// The number of the newest message: also of what a deletion has left (<see cref="PostgresStatements.DeleteConversation"/>).
    /// </summary>
    public const string ReadLastMessage =
        """
        SELECT greatest(
          (SELECT last_message FROM gateway.conversations WHERE conversation_id = $1 AND user_id = $2),
          (SELECT max(number) FROM gateway.messages WHERE conversation_id = $1 AND user_id = $2), 0)
        """;

    /// <summary>$3 the last one that is wanted, $4 their greatest age: what waits for the first client, and who has come.</summary>
    public const string ReadWaiting =
        """
        SELECT number, message_id, kind, origin, after_id, body, taken_by IS NOT NULL FROM gateway.messages
        WHERE conversation_id = $1 AND user_id = $2 AND number <= $3 AND kind IN ('Wait', 'Joined') AND created_at > now() - $4
        ORDER BY number
        """;

    /// <summary>$3 the last one that is known, $4 how many at most.</summary>
    public const string ReadMessages =
        """
        SELECT number, message_id, kind, origin, after_id, body, taken_by IS NOT NULL FROM gateway.messages
        WHERE conversation_id = $1 AND user_id = $2 AND number > $3 ORDER BY number LIMIT $4
        """;

    /// <summary>As <see cref="ReadMessages"/>: clients' actions that have no answer yet.</summary>
    public const string ReadActions =
        """
        SELECT number, message_id, kind, origin, after_id, body, taken_by IS NOT NULL FROM gateway.messages
        WHERE conversation_id = $1 AND user_id = $2 AND number > $3 AND kind = 'Action' ORDER BY number LIMIT $4
        """;

    /// <summary>$3 the action, $4 a name of this call's own.</summary>
    public const string TakeAction =
        """
        UPDATE gateway.messages SET taken_by = $4
        WHERE conversation_id = $1 AND user_id = $2 AND message_id = $3 AND (taken_by IS NULL OR taken_by = $4)
        """;

    /// <summary>
    /// $3 the action, which has its answer. Its name stays: who has sent it, and has not heard so, may send it again, and nobody shall do
    /// it again.
    /// </summary>
    public const string EndAction =
        """
        UPDATE gateway.messages SET kind = 'Ended', body = ''
        WHERE conversation_id = $1 AND user_id = $2 AND message_id = $3
        """;

    /// <summary>The exception: every gateway now and then, for all conversations.</summary>
    public const string SweepMessages =
        """
        DELETE FROM gateway.messages WHERE created_at < now() - interval '1 minute'
        """;

    /// <summary>
    /// The exception, as everything about <c>gateway.nodes</c>: a row for each gateway. $1 this one, $2 for how long a word of one counts,
    /// $3 its address, $4 the mark of its secret. Gives the others.
    /// </summary>
    public const string AnnounceNode =
        """
        WITH announced AS (
          INSERT INTO gateway.nodes (node_id, address, secret_mark, seen_at) VALUES ($1, $3, $4, now())
          ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, secret_mark = excluded.secret_mark, seen_at = excluded.seen_at
        )
        SELECT node_id, address, secret_mark, seen_at > now() - $2 FROM gateway.nodes WHERE node_id <> $1
        """;

    /// <summary>As <see cref="AnnounceNode"/>, without a word.</summary>
    public const string ReadNodes =
        """
        SELECT node_id, address, secret_mark, seen_at > now() - $2 FROM gateway.nodes WHERE node_id <> $1
        """;

    /// <summary>$1 this gateway.</summary>
    public const string ForgetNode =
        """
        DELETE FROM gateway.nodes WHERE node_id = $1
        """;

    /// <summary>Every gateway now and then. Never waits for a row, so that two of them do not wait for one another.</summary>
    public const string SweepNodes =
        """
        DELETE FROM gateway.nodes WHERE node_id IN (
          SELECT node_id FROM gateway.nodes WHERE seen_at < now() - interval '1 minute' FOR UPDATE SKIP LOCKED
        )
        """;

    /// <summary>Names no table. $1 the text (<see cref="NodeNotices"/>).</summary>
    public const string Notify =
        """
        SELECT pg_notify('gateway', $1)
        """;

    /// <summary>Names no table. Once for each connection that listens.</summary>
    public const string Listen =
        """
        LISTEN gateway
        """;

    /// <summary>Names no table. Whether the connection is alive.</summary>
    public const string Ping =
        """
        SELECT 1
        """;
}
