using System.Reflection;
using System.Text.RegularExpressions;

using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>
/// Each statement names one conversation, or one user, so that the tables can be distributed (Gateway/docs/storage.md has the command):
/// every table that it touches is bound to the key that it was given.
/// </summary>
public sealed partial class PostgresStatementsTests
{
    // Of one user.
    private static readonly string[] s_ofAUser =
    [
        nameof(PostgresStatements.CountConversations), nameof(PostgresStatements.ListConversations),
        nameof(PostgresStatements.ListDamaged), nameof(PostgresGatewayStatements.ListHeld), nameof(PostgresGatewayStatements.FindOpen),
        nameof(PostgresStatements.ListIds),
        nameof(PostgresStatements.ReadDocument), nameof(PostgresStatements.CreateDocument),
        nameof(PostgresStatements.ReplaceDocument),
    ];

    // One look at all that are open, one renewal of the leases of all, what deletes old messages, the few rows that are gateways, and who
    // copies a whole store: the exceptions.
    private static readonly string[] s_ofMany =
    [
        nameof(PostgresGatewayStatements.ReadNews), nameof(PostgresGatewayStatements.RenewLeases),
        nameof(PostgresGatewayStatements.SweepMessages),
        nameof(PostgresGatewayStatements.RefreshClients), nameof(PostgresGatewayStatements.SweepClients),
        nameof(PostgresGatewayStatements.AnnounceNode), nameof(PostgresGatewayStatements.ReadNodes),
        nameof(PostgresGatewayStatements.ForgetNode),
        nameof(PostgresGatewayStatements.SweepNodes), nameof(PostgresStatements.ListUsers),
    ];

    private static readonly string[] s_ofNoTable =
    [
        nameof(PostgresGatewayStatements.Notify), nameof(PostgresGatewayStatements.Listen), nameof(PostgresGatewayStatements.Ping),
    ];

    private static readonly Dictionary<string, string> s_statements =
        new[] { typeof(PostgresStatements), typeof(PostgresGatewayStatements) }
        .SelectMany(static type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
        .Where(static field => field.IsLiteral)
        .ToDictionary(static field => field.Name, static field => (string)field.GetRawConstantValue()!);

    public static TheoryData<string> Names() => [.. s_statements.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Statement_OfTheStore_NamesOneConversationOrOneUser(string name)
    {
        var sql = s_statements[name];
        var tables = Table().Count(sql);
        var bound = s_ofMany.Contains(name) ? tables
            : s_ofAUser.Contains(name) ? OneUser().Count(sql)
            : OneConversation().Count(sql);

        (tables > 0).Should().Be(!s_ofNoTable.Contains(name));
        bound.Should().Be(tables, "each table of {0} is bound to its key", name);
        sql.Contains("gateway.nodes", StringComparison.Ordinal).Should().Be(
            name.Contains("Node", StringComparison.Ordinal), "what is about gateways touches no conversation's tables");
    }

    [Fact]
    public void Source_OfTheStore_HasNoOtherStatements()
    {
        var others = Directory.EnumerateFiles(Repository.PathOf("Gateway", "Conversations", "Storage", "Postgres"), "*.cs")
            .Where(static path => Path.GetFileName(path) is not (
                "PostgresStatements.cs" or "PostgresGatewayStatements.cs" or "PostgresSchema.cs" or "PostgresMigration.cs"))
            .Where(static path => Keyword().IsMatch(File.ReadAllText(path)))
            .Select(Path.GetFileName);

        others.Should().BeEmpty();
    }

    [GeneratedRegex(@"\bgateway\.\w+")]
    private static partial Regex Table();

    [GeneratedRegex(
        @"conversation_id = \$1 AND user_id = \$2|VALUES \(\$1, \$2,|SELECT \$1, \$2,|SELECT won\.conversation_id, won\.user_id,")]
    private static partial Regex OneConversation();

    [GeneratedRegex(@"user_id = \$1|VALUES \(\$1,|LEFT JOIN gateway\.metadata USING \(conversation_id, user_id\)")]
    private static partial Regex OneUser();

    [GeneratedRegex(@"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s")]
    private static partial Regex Keyword();
}
