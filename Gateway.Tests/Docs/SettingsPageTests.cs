namespace Gateway.Tests.Docs;

/// <summary>The page of settings says what the program reads.</summary>
public sealed class SettingsPageTests
{
    [Fact]
    public Task Page_OfSettings_IsWhatTheCodeSays() =>
        MadePage.ShouldEndWithAsync("settings.md", "SettingsPage", SettingsPage.WriteTables());
}
