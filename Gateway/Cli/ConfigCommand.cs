using System.CommandLine;

using Gateway.Hosting;
using Gateway.Hosting.Settings;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary><c>gateway config</c>: whether the settings are right, what they are and where each comes from, and their schema.</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "Works on the settings, and serves nobody.")
    {
        CreateCheck(), CreateShow(), CreateSchema(),
    };

    private static Command CreateCheck()
    {
        var command = new Command(
            "check",
            "Says whether the program would start with its settings: all faults at once, a line each, and exit code 2. What is needed from "
            + "elsewhere (a free port, a database) is not tried. Settings may follow as for serve.");
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(static async (parsed, _) =>
        {
            if (ServeCommand.FindProblem([.. parsed.UnmatchedTokens]) is { } problem)
            {
                return await Terminal.RefuseAsync([problem]);
            }

            try
            {
                await using var app = GatewayApp.Build([.. parsed.UnmatchedTokens], static builder => builder.Logging.ClearProviders());
            }
            catch (Exception exception)
            {
                // Whatever keeps the program from being built keeps it from being started.
                foreach (var line in StartFailure.Describe(exception))
                {
                    await Console.Error.WriteLineAsync($"gateway: {line}");
                }

                return Terminal.CouldNotRun;
            }

            await Console.Out.WriteLineAsync("The settings are good.");
            return 0;
        });
        return command;
    }

    private static Command CreateShow()
    {
        var all = new Option<bool>("--all") { Description = "Also those that nobody has set." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(
            "show", "Shows what is set and where each value comes from; of a secret only that it is set. Settings may follow as for serve.")
        {
            all, json,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, _) =>
        {
            if (ServeCommand.FindProblem([.. parsed.UnmatchedTokens]) is { } problem)
            {
                return await Terminal.RefuseAsync([problem]);
            }

            var configuration = GatewayApp.CreateBuilder([.. parsed.UnmatchedTokens]).Configuration;
            var settings = EffectiveSettings.Read(configuration).Where(setting => parsed.GetValue(all) || !setting.IsDefault).ToList();
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(JsonOf(settings).ToString(Formatting.Indented));
                return 0;
            }

            Write(settings);
            return 0;
        });
        return command;
    }

    private static Command CreateSchema()
    {
        var command = new Command(
            "schema", "Prints the JSON schema of appsettings.json: an editor completes and checks the file with it (\"$schema\").");
        command.SetAction(static async (_, _) =>
        {
            await Console.Out.WriteLineAsync(SettingsSchema.Create().ToString(Formatting.Indented));
            return 0;
        });
        return command;
    }

    private static JArray JsonOf(IEnumerable<EffectiveSetting> settings) => new(settings.Select(static setting => new JObject
    {
        ["setting"] = setting.Key,
        ["value"] = setting.Value,
        ["from"] = setting.Source,
    }));

    private static void Write(List<EffectiveSetting> settings)
    {
        var console = Terminal.Open();
        if (settings.Count == 0)
        {
            console.WriteLine("Nothing is set; --all shows the defaults.");
            return;
        }

        var table = new Table().Border(TableBorder.None).AddColumn("setting").AddColumn("value").AddColumn("from");
        foreach (var setting in settings)
        {
            table.AddRow(Markup.Escape(setting.Key), Markup.Escape(setting.Value), Markup.Escape(setting.Source));
        }

        console.Write(table);
    }
}
