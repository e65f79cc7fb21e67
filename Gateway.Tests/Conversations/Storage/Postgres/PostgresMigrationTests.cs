using System.Globalization;

using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>The tables are made once, whoever starts, and an operator who must make them is told how.</summary>
public sealed class PostgresMigrationTests
{
    [Fact]
    public async Task StartAsync_SeveralAtOnce_MakeTheTablesOnce()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MigrateAsync(database)));

        (await PostgresServer.ExecuteAsync(database, "SELECT version FROM gateway.schema_version")).Should().Be(PostgresSchema.Version);
        await MigrateAsync(database);
    }

    [Fact]
    public async Task StartAsync_TablesOfALaterVersion_EndsWithALine()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await MigrateAsync(database);
        await PostgresServer.ExecuteAsync(database, "UPDATE gateway.schema_version SET version = 999");

        await FluentActions.Awaiting(() => MigrateAsync(database)).Should().ThrowAsync<InvalidOperationException>()
            .WithMessage("Storage:Postgres: the tables are those of a later gateway: version 999*");
    }

    [Fact]
    public async Task StartAsync_RoleThatMayNotCreate_EndsWithALineUntilAnOperatorHasRunTheScript()
    {
        var server = await PostgresServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        var role = string.Create(CultureInfo.InvariantCulture, $"role_{Guid.NewGuid():N}");
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN");
        var asRole = database.Replace("Username=gateway", $"Username={role}", StringComparison.Ordinal);

        (await FluentActions.Awaiting(() => MigrateAsync(asRole)).Should().ThrowAsync<InvalidOperationException>())
            .Which.Message.Should().Contain("'gateway storage sql'").And.NotContain(role);

        var script = PostgresSchema.ScriptForOperators(0).Replace("gateway_role", role, StringComparison.Ordinal);
        await PostgresServer.ExecuteAsync(database, script);
        await MigrateAsync(asRole);
        await using var calls = TestedDatabase.Calls(asRole);
        var log = await TestedDatabase.LogsOver(calls).OpenAsync(TestStore.Key("c"), CancellationToken.None);
        await TestStore.AppendAsync(log, 0, 3);
    }

    [Fact]
    public async Task StartAsync_RoleThatMayNotChangeTablesOfAnEarlierVersion_NamesTheStepThatAnOperatorRuns()
    {
        var server = await PostgresServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        var role = string.Create(CultureInfo.InvariantCulture, $"role_{Guid.NewGuid():N}");
        await PostgresServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN");
        await PostgresServer.ExecuteAsync(
            database, PostgresSchema.ScriptForOperators(0).Replace("gateway_role", role, StringComparison.Ordinal));
        await PostgresServer.ExecuteAsync(
            database, "ALTER TABLE gateway.nodes DROP COLUMN secret_mark; UPDATE gateway.schema_version SET version = 5");
        var asRole = database.Replace("Username=gateway", $"Username={role}", StringComparison.Ordinal);

        (await FluentActions.Awaiting(() => MigrateAsync(asRole)).Should().ThrowAsync<InvalidOperationException>())
            .Which.Message.Should().Contain("version 5").And.Contain("'gateway storage sql --from 5'");

        await PostgresServer.ExecuteAsync(
            database, PostgresSchema.ScriptForOperators(5).Replace("gateway_role", role, StringComparison.Ordinal));
        await MigrateAsync(asRole);
    }

    [Fact]
    public async Task StartAsync_NoDatabase_EndsWithALineThatNamesNothing()
    {
        var server = await PostgresServer.SharedAsync();

        (await FluentActions.Awaiting(() => MigrateAsync(server.ConnectTo("absent"))).Should().ThrowAsync<Exception>())
            .Which.ToString().Should().NotContain("absent").And.NotContain("127.0.0.1");
    }

    private static async Task MigrateAsync(string database)
    {
        await using var calls = TestedDatabase.Calls(database);
        await new PostgresMigration(calls, NullLogger<PostgresMigration>.Instance).StartAsync(CancellationToken.None);
    }
}
