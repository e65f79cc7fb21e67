using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Tools.Record;

/// <summary>A session of each client that V0 had, recorded through the proxy, is a fixture that verifies.</summary>
public sealed class RecordedClientsTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Key = "the-key-of-a-recorded-server";

    public static TheoryData<string> Clients => [.. ClientKind.All.Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Record_ASessionOfTheClient_VerifiesAfterwards(string name)
    {
        var kind = ClientKind.Named(name);
        using var store = Recording.Named("replay-full").CopyStore();
        using var before = TempStore.CopyOf(store.Root);
        var conversation = store.Conversations().Single();
        await using var host = await GatewayHost.StartAsync(store, "Agent=echo", $"SESSION_API_KEY={Key}");
        await using var recording = await RecordingHost.StartAsync(host.Address);

        await using (var client = await kind.StartAsync(chromium))
        {
            await client.ConnectAsync(new Visit(recording.Address, conversation, Key: Key));
            await client.ReadAsync("connect");
            await client.EmitAsync(Actions.Message("Say it back"));
            await client.ReadTurnAsync();
            await client.LeaveAsync();
        }

        await recording.StopAsync();

        File.ReadAllText(recording.File).Should().NotContain(Key);
        CopyInto(before.Root, Path.Combine(recording.Folder, "store"));
        var result = await Verification.InProcessAsync(recording.Folder);
        result.ShouldBeEqual();
        result.Connections.Should().BePositive();
        result.Frames.Should().BeGreaterThan(20);
    }

    private static void CopyInto(string from, string to)
    {
        using var copy = TempStore.CopyOf(from);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(copy.Root, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(copy.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? to);
            File.Copy(file, target);
        }
    }
}
