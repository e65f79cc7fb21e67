using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations;

public sealed class CatalogueWarmupTests
{
    [Theory]
    [InlineData("sessions/{0}/metadata.json", "")]
    [InlineData("users/ada/conversations/{0}/metadata.json", "ada")]
    public async Task Start_ConversationsOfTheSettingsUser_AreLookedThroughBeforeAnybodyAsks(string path, string user)
    {
        using var store = TempStore.Empty();
        foreach (var id in new[] { "a", "b", "damaged" })
        {
            var file = store.PathOf(string.Format(System.Globalization.CultureInfo.InvariantCulture, path, id));
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? "");
            await File.WriteAllTextAsync(file, id == "damaged" ? "{" : $$"""{"conversation_id":"{{id}}","created_at":"2026-01-01T00:00:00Z"}""");
        }

        await using var host = await GatewayHost.StartAsync(store, $"Conversations:UserId={user}");

        await host.Log.WaitForAsync("The store has been looked through: 3 conversations.");
    }
}
