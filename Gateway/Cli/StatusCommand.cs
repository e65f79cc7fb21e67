using System.CommandLine;
using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gateway.Cli;

/// <summary><c>gateway status</c>: what the operators' page shows, in the terminal.</summary>
internal static class StatusCommand
{
    private const string DefaultTable = "conversations";

    private static readonly string[] s_tables =
    [
        DefaultTable, "clients", "days", "refusals", "refusal-reasons", "closes", "connected", "slow", "untranslated", "recordings",
    ];

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var table = new Argument<string>("table")
        {
            Description = $"{string.Join(", ", s_tables[..^1])} or {s_tables[^1]}.",
            DefaultValueFactory = static _ => DefaultTable,
        };
        var gateway = new OperatorsArguments();
        var rows = new Option<int>("--rows")
        {
            Description = "Rows of the table, at most 200.",
            DefaultValueFactory = static _ => 20,
        }.Within(1, 200);
        var watch = new Option<bool>("--watch") { Description = "Go on, once a second, until Ctrl+C." };
        var json = new Option<bool>("--json") { Description = "As JSON, an object in a line each time." };
        var command = new Command(
            "status", "Shows how a running gateway does, as its operators' page. Exit code 2 when it cannot be asked.")
        {
            table, gateway.Url, gateway.Key, rows, watch, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = await gateway.TryOpenAsync(parsed);
            if (client is null)
            {
                return Terminal.CouldNotRun;
            }

            var asked = new AskedTable(parsed.GetRequiredValue(table), parsed.GetValue(rows));
            try
            {
                await ShowAsync(client, asked, parsed.GetValue(watch), parsed.GetValue(json), cancellationToken);
                return 0;
            }
            catch (OperatorsException exception)
            {
                return await Terminal.RefuseAsync("status", exception.Message);
            }
            catch (OperationCanceledException) when (parsed.GetValue(watch) && cancellationToken.IsCancellationRequested)
            {
                return 0;
            }
        });
        return command;
    }

    private static async Task ShowAsync(
        OperatorsClient client, AskedTable asked, bool watches, bool asJson, CancellationToken cancellationToken)
    {
        var console = Terminal.Open();
        if (watches && !asJson && console.Profile.Capabilities.Interactive)
        {
            await console.Live(new Text("")).StartAsync(async live =>
            {
                while (true)
                {
                    live.UpdateTarget(Render(await ReadAsync(client, asked, cancellationToken)));
                    await Task.Delay(s_interval, cancellationToken);
                }
            });
        }

        while (true)
        {
            var state = await ReadAsync(client, asked, cancellationToken);
            if (asJson)
            {
                await Console.Out.WriteLineAsync(state.ToString(Formatting.None));
            }
            else
            {
                console.Write(Render(state));
            }

            if (!watches)
            {
                return;
            }

            await Task.Delay(s_interval, cancellationToken);
        }
    }

    private static async Task<JObject> ReadAsync(OperatorsClient client, AskedTable asked, CancellationToken cancellationToken)
    {
        var now = await client.GetAsync("now", cancellationToken);
        try
        {
            return new JObject { ["now"] = now, ["table"] = await client.GetAsync(asked.Path, cancellationToken) };
        }
        catch (OperatorsException exception) when (exception.IsNotFound)
        {
            // The routes are there, as was just seen: it is the table that is not.
            throw new OperatorsException($"there is no table '{asked.Name}'; there are {string.Join(", ", s_tables)}");
        }
    }

    private static Rows Render(JObject state)
    {
        var (now, table) = (state.Object("now"), state.Object("table"));
        var store = now.Object("store");
        var agent = now.Object("agent");
        var share = now.Member("v0Share").AsNumber() is { } known ? $"{known:P0}" : "none yet";
        return new Rows(
            new Text(string.Create(
                CultureInfo.InvariantCulture,
                $"connected {now.Number("connected")} ({now.Number("inConversations")} in conversations), "
                + $"open conversations {now.Number("conversations")}, events a second {now.Number("eventsPerSecond")}, "
                + $"lag {now.Number("lag")}, slow readers {now.Number("slowReaders")}")),
            new Text(
                $"store {store.TextOrNull("problem") ?? "works"} ({store.Text("kind")}), "
                + $"agent {agent.TextOrNull("problem") ?? agent.Text("version")}, nodes {now.Objects("nodes").Count()}, "
                + $"V0's share today {share}"),
            Table(table));
    }

    private static Table Table(JObject? page)
    {
        var columns = page.Objects("columns").ToList();
        var rows = page.Objects("rows").ToList();

        // A terminal is narrow: what nothing is said of is left out.
        columns.RemoveAll(column => rows.Count > 0 && rows.TrueForAll(row => Cell(row, column).Length == 0));
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(page.Text("title")));
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Text("title")))
            {
                Alignment = column.Text("kind") == "number" ? Justify.Right : Justify.Left,
            });
        }

        foreach (var row in rows)
        {
            table.AddRow(columns.Select(column => (IRenderable)new Text(Cell(row, column))));
        }

        return table.Caption(string.Create(
            CultureInfo.InvariantCulture, $"{rows.Count} of {page.Number("matching")}"));
    }

    private static string Cell(JObject row, JObject column) => row.Member(column.Text("name")) switch
    {
        JValue { Value: string text } when column.Text("kind") == "time"
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        JValue { Value: { } value } => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        _ => "",
    };

    /// <summary>What of the gateway's tables is to be shown. Immutable.</summary>
    private sealed record AskedTable(string Name, int Rows)
    {
        public string Path => string.Create(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(Name)}?limit={Rows}");
    }
}
