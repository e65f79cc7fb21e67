using System.CommandLine;

using Gateway.Conversations.Storage.Postgres;

namespace Gateway.Cli;

/// <summary><c>gateway storage</c>: what operators do with a store that no gateway need serve for it.</summary>
internal static class StorageCommand
{
    public static Command Create() => new("storage", "Works on the store itself.") { StorageCopyCommand.Create(), CreateSql() };

    private static Command CreateSql()
    {
        var from = new Option<int>("--from")
        {
            Description = "The version of the tables that are there: only what later ones add is printed. "
                + $"0, when it is not given: there are none. This program's is {PostgresSchema.Version}.",
        }.Within(0, PostgresSchema.Version - 1);
        var command = new Command(
            "sql", "Prints the SQL that makes PostgreSQL's tables, for a database whose gateway may not make them itself.")
        {
            from,
        };
        command.SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteLineAsync(PostgresSchema.ScriptForOperators(parsed.GetValue(from)));
            return 0;
        });
        return command;
    }
}
