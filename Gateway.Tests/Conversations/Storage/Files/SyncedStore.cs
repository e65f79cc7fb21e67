using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>The child process of <see cref="DurabilityTests"/>: it writes one of everything that is to survive a power cut.</summary>
internal static class SyncedStore
{
    public const string Argument = "write-synced-store";

    public static async Task WriteAsync(string root)
    {
        var key = TestStore.Key("c");
        var log = await TestStore.Logs(root, Durability.Fsync).OpenAsync(key, CancellationToken.None);
        await TestStore.AppendAsync(log, 0, 24);
        var catalogue = TestStore.Catalogue(root, Durability.Fsync);
        await catalogue.TryCreateAsync(key, [], CancellationToken.None);
        var read = await catalogue.ReadAsync(key, CancellationToken.None);
        await catalogue.TryReplaceAsync(key, new JObject { ["a"] = 1 }, read?.Version ?? "", CancellationToken.None);
        await TestStore.Journals(root, Durability.Fsync).Open(key, "j.jsonl").AppendAsync(["line"], CancellationToken.None);
    }
}
