using Gateway.Hosting.Settings;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary><c>gateway help settings</c>: every setting that the program reads, with its values and its default. Stateless.</summary>
internal static class SettingsTable
{
    private const string HowToSet =
        "Given as --Name value, as Name__With__Two__Underscores in the environment, or in appsettings.json; Gateway/docs/settings.md says what each is.";

    public static void Write(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.None).AddColumn("setting").AddColumn("or").AddColumn("value").AddColumn("default");
        table.AddRow("urls", "", "http://host:port, several with ;", Markup.Escape(ListenAddresses.Default));
        foreach (var setting in KnownSettings.All)
        {
            table.AddRow(
                Markup.Escape(setting.Key), V0Settings.ShortNameOf(setting.Key)
                    ?? "", Markup.Escape(ValuesOf(setting)), Markup.Escape(EffectiveSettings.TextOf(setting.Default)));
        }

        console.Write(table);
        console.WriteLine();
        console.WriteLine(HowToSet);
    }

    private static string ValuesOf(KnownSetting setting)
    {
        var one = setting.Values.Count > 0 ? string.Join(", ", setting.Values)
            : setting.Type == typeof(TimeSpan) ? "hh:mm:ss"
            : setting.Type == typeof(bool) ? "true, false"
            : setting.Type == typeof(string) ? "text"
            : setting.Type.IsPrimitive ? "number"
            : setting.Type.Name;
        return setting.Shape == SettingShape.Value ? one : $"{one}, several";
    }
}
