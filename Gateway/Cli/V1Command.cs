using System.CommandLine;
using System.Globalization;

using Gateway.Hosting;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway v1</c>: what an operator asks of an agent-server. <c>kinds</c> lists what it may send that this version does not know.
/// </summary>
internal static class V1Command
{
    /// <summary>The exit code when the server knows kinds that this version does not.</summary>
    private const int Unknown = 1;

    public static Command Create()
    {
        var command = new Command("v1", "Asks a V1 agent-server about itself.") { CreateKinds() };
        return command;
    }

    private static Command CreateKinds()
    {
        var url = new Option<string>("--url") { Description = "The agent-server's address.", Required = true };
        var key = new Option<string>("--key")
        {
            Description = "Its key; without it that of the settings (V1__SessionApiKey). It is never shown.",
        };
        var command = new Command(
            "kinds",
            "Lists the kinds of event, action and observation that a server's openapi.json has and this version does not know. "
            + "Exit code 1 when there are any, 2 when the server could not be asked.")
        {
            url, key,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var server = await V1ServerKinds.AskAsync(parsed.GetRequiredValue(url), parsed.GetValue(key), cancellationToken);
            if (server.Problem is { } problem)
            {
                return await Terminal.RefuseAsync("v1 kinds", problem);
            }

            return Show(server);
        });
        return command;
    }

    private static int Show(V1ServerKinds server)
    {
        var console = Terminal.Open();
        var counts = server.Kinds
            .GroupBy(static kind => kind.Group)
            .Select(static group => string.Create(CultureInfo.InvariantCulture, $"{group.Key}: {group.Count()}"));
        console.WriteLine($"agent-server {server.Version ?? "of unknown version"}; kinds of {string.Join(", ", counts)}");
        var unknown = server.Kinds.Where(static kind => !kind.IsKnown).ToList();
        if (unknown.Count == 0)
        {
            console.WriteLine("All of them are known.");
            return 0;
        }

        var table = new Table().Border(TableBorder.None).AddColumn("not known").AddColumn("of");
        foreach (var kind in unknown)
        {
            table.AddRow(Markup.Escape(kind.Name), kind.Group);
        }

        console.Write(table);
        return Unknown;
    }
}
