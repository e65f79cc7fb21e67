using System.CommandLine;

using Gateway.Conversations.Storage.Postgres;

namespace Gateway.Cli;

/// <summary><c>gateway storage</c>: what operators do with a store that no gateway need serve for it.</summary>
internal static class StorageCommand
{
    public static Command Create() => new("storage", "Works on the store itself.") { StorageCopyCommand.Create(), CreateSql() };

    private static Command CreateSql()
    {
        var command = new Command(
            "sql", "Prints the SQL that makes PostgreSQL's tables, for a database whose gateway may not make them itself.");
        command.SetAction(static async (_, _) =>
        {
            await Console.Out.WriteLineAsync(PostgresSchema.ScriptForOperators);
            return 0;
        });
        return command;
    }
}
