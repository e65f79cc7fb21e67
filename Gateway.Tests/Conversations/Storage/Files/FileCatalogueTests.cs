using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What is about files in the catalogue; what every catalogue does is in <see cref="CatalogueContract"/>.</summary>
public sealed class FileCatalogueTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(null, "sessions/c/metadata.json")]
    [InlineData("u", "users/u/conversations/c/metadata.json")]
    public async Task TryReplaceAsync_Anything_ComesBackUntouched(string? user, string expectedPath)
    {
        var catalogue = TestStore.Catalogue(_root.Root);
        var key = TestStore.Key("c", user);
        const string Json = """{"title":"é \"x\"","created_at":"2026-11-21T09:41:33.100000Z","odd":{"cost":0.0060999999999999995,"n":1.0,"big":123456789012345678901},"a":null}""";
        Directory.CreateDirectory(Path.GetDirectoryName(_root.PathOf(expectedPath)) ?? "");
        File.WriteAllText(_root.PathOf(expectedPath), Json);

        var metadata = await catalogue.ReadAsync(key, CancellationToken.None);
        var isReplaced = await catalogue.TryReplaceAsync(key, metadata?.Json ?? [], metadata?.Version ?? "", CancellationToken.None);

        isReplaced.Should().BeTrue();
        File.ReadAllText(_root.PathOf(expectedPath)).Should().Be(Json);
        Directory.EnumerateFiles(_root.Root, "*", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Fact]
    public void Create_NewConversation_HasV0sFieldsInOrder()
    {
        var recorded = Directory
            .EnumerateFiles(Recording.Named("message-live").Store, "metadata.json", SearchOption.AllDirectories)
            .Single();
        var id = Path.GetFileName(Path.GetDirectoryName(recorded)) ?? "";
        var now = new DateTimeOffset(2026, 11, 21, 10, 41, 33, TimeSpan.FromHours(1)).AddTicks(8_797_570);

        var created = ConversationMetadata.Create(TestStore.Key(id).Id, null, now);

        created["created_at"]?.ToString().Should().Be("2026-11-21T09:41:33.879757Z");
        created["last_updated_at"]?.Type.Should().Be(JTokenType.Null);
        created["last_updated_at"] = "2026-11-21T09:41:33.974986Z";
        created.ToString(Formatting.None).Should().Be(File.ReadAllText(recorded));
    }

    [Fact]
    public void Create_ShortIdAndUser_Fit()
    {
        var created = ConversationMetadata.Create(TestStore.Key("abc").Id, TestStore.Key("u").Id, DateTimeOffset.UnixEpoch);

        ((string?)created["title"]).Should().Be("Conversation abc");
        ((string?)created["user_id"]).Should().Be("u");
        ((string?)created["created_at"]).Should().Be("1970-01-01T00:00:00.000000Z");
    }

    [Fact]
    public async Task OpenAsync_TemporaryFiles_OldOnesAreRemovedAndNoneAreRead()
    {
        var logs = TestStore.Logs(_root.Root);
        await TestStore.AppendAsync(await logs.OpenAsync(TestStore.Key("c"), CancellationToken.None), 0, 24);
        var old = new[] { "events/.a-1.tmp", "event_cache/.a-2.tmp", ".a-3.tmp" }.Select(name => _root.PathOf("sessions", "c", name))
            .ToList();
        var fresh = _root.PathOf("sessions", "c", "events", ".a-4.tmp");
        old.ForEach(static path => File.WriteAllText(path, "{"));
        old.ForEach(static path => File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch));
        File.WriteAllText(fresh, "{");

        var log = await logs.OpenAsync(TestStore.Key("c"), CancellationToken.None);

        old.Should().OnlyContain(static path => !File.Exists(path));
        File.Exists(fresh).Should().BeTrue();
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task Store_WrittenHere_IsReadByPython()
    {
        var key = TestStore.Key("c");
        await TestStore
            .Catalogue(_root.Root)
            .TryCreateAsync(key, ConversationMetadata.Create(key.Id, null, DateTimeOffset.UnixEpoch), CancellationToken.None);
        var log = await TestStore.Logs(_root.Root).OpenAsync(key, CancellationToken.None);
        for (var id = 0; id < 25; id++)
        {
            await log.TryAppendAsync(id, TestStore.Event(id, id == 7 ? "é\\ud83d\\ude00" : "x"), CancellationToken.None);
        }

        const string script = """
            import json, pathlib, sys
            root = pathlib.Path(sys.argv[1]) / 'sessions' / 'c'
            page = json.load(open(root / 'event_cache' / '0-25.json', encoding='utf-8'))
            singles = [json.load(open(root / 'events' / f'{n}.json', encoding='utf-8')) for n in range(25)]
            metadata = json.load(open(root / 'metadata.json', encoding='utf-8'))
            print(page == singles, len(page), [event['id'] for event in page] == list(range(25)), ascii(page[7]['args']['command']), metadata['title'])
            """;

        var output = await ProcessRunner.RunAsync(ClientPrograms.Python, ["-c", script, _root.Root], TestLimits.Step);

        output.Should().ContainSingle().Which.Should().Be("True 25 True '\\xe9\\U0001f600' Conversation c");
    }
}
