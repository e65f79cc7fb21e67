using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>The gateways that share the database, in a table of it. Any thread.</summary>
internal sealed class PostgresNodes(PostgresCalls calls, PostgresHeads heads) : INodeTable
{
    // Some announcements may get lost on a bad day, and a stopped program is found out before its clients give up.
    private static readonly TimeSpan s_freshFor = TimeSpan.FromSeconds(8);

    public string Node => heads.Node;

    public ValueTask<IReadOnlyList<StoredNode>> AnnounceAsync(
        string address, string secretMark, CancellationToken cancellationToken) => calls.RunAsync(
        (Node, Address: address, Mark: secretMark),
        static async (connection, own, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.AnnounceNode)
                .With(own.Node).With(s_freshFor).With(own.Address).With(own.Mark);
            return await ReadAsync(command, limit);
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<StoredNode>> ListAsync(CancellationToken cancellationToken) => calls.RunAsync(
        Node,
        static async (connection, own, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.ReadNodes).With(own).With(s_freshFor);
            return await ReadAsync(command, limit);
        },
        cancellationToken);

    public async ValueTask ForgetAsync(CancellationToken cancellationToken) => await calls.RunAsync(
        Node,
        static async (connection, own, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.ForgetNode).With(own);
            return await command.ExecuteNonQueryAsync(limit);
        },
        cancellationToken);

    public async ValueTask SweepAsync(CancellationToken cancellationToken) => await calls.RunAsync(
        true,
        static async (connection, _, limit) =>
        {
            await using var command = connection.Command(PostgresGatewayStatements.SweepNodes);
            return await command.ExecuteNonQueryAsync(limit);
        },
        cancellationToken);

    private static async ValueTask<IReadOnlyList<StoredNode>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var nodes = new List<StoredNode>();
        while (await reader.ReadAsync(cancellationToken))
        {
            nodes.Add(new StoredNode(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3)));
        }

        return nodes;
    }
}
