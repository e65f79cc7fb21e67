using System.Globalization;

using static System.FormattableString;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>The tables, version by version. A version that has been released is never changed; the next one is added. Pure.</summary>
internal static class PostgresSchema
{
    /// <summary>The oldest PostgreSQL that it is made for, as the server's <c>server_version_num</c>.</summary>
    public const int OldestServer = 150_000;

    /// <summary>The index that takes no source id of an event twice in a conversation.</summary>
    public const string IndexOfSourceIds = "events_of_v1";

    private const string Exists = "to_regclass('gateway.schema_version') IS NOT NULL";

    /// <summary>The last version: what this program works with.</summary>
    public static int Version => s_versions.Length;

    // 1: a conversation's row is rewritten by each append, so it is small, no index has what changes, and half of each page is left for its
    // versions: they are pruned in place (HOT). Text is compared by its bytes. Bodies are the bytes as they were given.
    private static readonly string[] s_versions =
    [
        """
        DO $$ BEGIN IF to_regnamespace('gateway') IS NULL THEN CREATE SCHEMA gateway; END IF; END $$;

        CREATE TABLE gateway.schema_version (version integer NOT NULL);
        INSERT INTO gateway.schema_version (version) VALUES (0);

        CREATE TABLE gateway.conversations (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          head integer NOT NULL,
          fence integer NOT NULL DEFAULT 0,
          epoch bigint NOT NULL DEFAULT 0,
          owner text COLLATE "C",
          owner_until timestamptz,
          PRIMARY KEY (conversation_id, user_id)
        ) WITH (fillfactor = 50);
        CREATE INDEX conversations_of_user ON gateway.conversations (user_id);

        CREATE TABLE gateway.events (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          id integer NOT NULL,
          body bytea NOT NULL,
          v1_id text COLLATE "C",
          PRIMARY KEY (conversation_id, user_id, id)
        );
        CREATE UNIQUE INDEX events_of_v1 ON gateway.events (conversation_id, user_id, v1_id) WHERE v1_id IS NOT NULL;

        CREATE TABLE gateway.metadata (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          json bytea NOT NULL,
          created_at bigint,
          problem text,
          PRIMARY KEY (conversation_id, user_id)
        ) WITH (fillfactor = 80);
        CREATE INDEX metadata_newest ON gateway.metadata (user_id, created_at DESC, conversation_id) WHERE created_at IS NOT NULL;

        CREATE TABLE gateway.journals (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          name text COLLATE "C" NOT NULL,
          number bigint NOT NULL,
          line bytea NOT NULL,
          PRIMARY KEY (conversation_id, user_id, name, number)
        );

        CREATE TABLE gateway.user_documents (
          user_id text COLLATE "C" NOT NULL,
          name text COLLATE "C" NOT NULL,
          json bytea NOT NULL,
          PRIMARY KEY (user_id, name)
        );
        """,

        // 2: what several gateways need. Messages are numbered by the conversation's row; those of a minute ago are deleted.
        """
        ALTER TABLE gateway.conversations ADD COLUMN last_message bigint NOT NULL DEFAULT 0;

        CREATE TABLE gateway.messages (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          message_id text COLLATE "C" NOT NULL,
          number bigint NOT NULL,
          kind text COLLATE "C" NOT NULL,
          origin text COLLATE "C" NOT NULL,
          after_id integer NOT NULL,
          body bytea NOT NULL,
          taken_by text COLLATE "C",
          created_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (conversation_id, user_id, message_id)
        );
        CREATE INDEX messages_in_order ON gateway.messages (conversation_id, user_id, number);
        CREATE INDEX messages_by_age ON gateway.messages (created_at);
        """,

        // 3: which of a user's conversations are open. The index changes when an agent is taken or given up, not when its lease is renewed.
        """
        ALTER TABLE gateway.conversations ADD COLUMN owner_since timestamptz;
        CREATE INDEX conversations_open ON gateway.conversations (user_id) WHERE owner IS NOT NULL;
        """,

        // 4: where gateways reach one another. Its rows are rewritten every few seconds.
        """
        CREATE TABLE gateway.nodes (
          node_id text COLLATE "C" NOT NULL PRIMARY KEY,
          address text NOT NULL,
          seen_at timestamptz NOT NULL
        ) WITH (fillfactor = 50);
        """,

        // 5: through which event a conversation's agent was told of clients' actions, wherever it was; more than the head: of all. And how
        // many clients each gateway has in a conversation.
        """
        ALTER TABLE gateway.conversations ADD COLUMN heard_through integer NOT NULL DEFAULT 2147483647;

        CREATE TABLE gateway.clients (
          conversation_id text COLLATE "C" NOT NULL,
          user_id text COLLATE "C" NOT NULL,
          node_id text COLLATE "C" NOT NULL,
          clients integer NOT NULL,
          seen_at timestamptz NOT NULL,
          PRIMARY KEY (conversation_id, user_id, node_id)
        ) WITH (fillfactor = 50);
        CREATE INDEX clients_of_node ON gateway.clients (node_id);
        """,

        // 6: by what gateways see that they have different secrets.
        """
        ALTER TABLE gateway.nodes ADD COLUMN secret_mark text NOT NULL DEFAULT '';
        """,
    ];

    /// <summary>
    /// What a role that may create tables runs, in psql for example; then the gateway's role needs no more than is granted.
    /// </summary>
    /// <param name="version">That of the tables that are there; 0: there are none.</param>
    public static string ScriptForOperators(int version) =>
        $"""
        -- The tables of Gateway, version {Version}{(version > 0 ? $", out of those of version {version}" : "")}. Put the role that Gateway
        -- connects as in place of gateway_role.
        BEGIN;

        DO $$ BEGIN
          IF {(version > 0 ? Invariant($"(SELECT version FROM gateway.schema_version) <> {version}") : Exists)} THEN
            RAISE EXCEPTION 'The tables of Gateway are {(version > 0 ? Invariant($"not of version {version}") : "there already")}.'
              USING HINT = 'SELECT version FROM gateway.schema_version says which they are: gateway storage sql --from VERSION.';
          END IF;
        END $$;

        {ScriptFrom(version)}
        GRANT USAGE ON SCHEMA gateway TO gateway_role;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gateway TO gateway_role;

        COMMIT;
        """;

    /// <summary>
    /// What makes the tables of <see cref="Version"/> out of those of <paramref name="version"/>; 0 when there are none.
    /// </summary>
    public static string ScriptFrom(int version)
    {
        var set = string.Create(CultureInfo.InvariantCulture, $"UPDATE gateway.schema_version SET version = {Version};\n");
        return string.Join('\n', s_versions.Skip(version)) + "\n\n" + set;
    }
}
