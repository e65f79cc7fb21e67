using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage;

public sealed class FileConversationStoreTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task ReadMetadataAsync_UnknownConversation_IsNull()
    {
        (await TestStore.Open(_root.Root).ReadMetadataAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeNull();
    }

    [Theory]
    [InlineData(null, "sessions/c/metadata.json")]
    [InlineData("u", "users/u/conversations/c/metadata.json")]
    public async Task WriteMetadataAsync_Anything_ComesBackUntouched(string? user, string expectedPath)
    {
        var store = TestStore.Open(_root.Root);
        var key = TestStore.Key("c", user);
        const string Json = """{"title":"é \"x\"","created_at":"2026-11-21T09:41:33.100000Z","odd":{"cost":0.0060999999999999995,"n":1.0,"big":123456789012345678901},"a":null}""";
        Directory.CreateDirectory(Path.GetDirectoryName(_root.PathOf(expectedPath)) ?? "");
        File.WriteAllText(_root.PathOf(expectedPath), Json);

        var metadata = await store.ReadMetadataAsync(key, CancellationToken.None);
        metadata.Should().NotBeNull();
        await store.WriteMetadataAsync(key, metadata ?? [], CancellationToken.None);

        File.ReadAllText(_root.PathOf(expectedPath)).Should().Be(Json);
        Directory.EnumerateFiles(_root.Root, "*", SearchOption.AllDirectories).Should().ContainSingle();
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"title\":", "damaged")]
    [InlineData("[]", "damaged")]
    public async Task ReadMetadataAsync_Damaged_NamesTheConversationAlone(string content, string expected)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "bad"));
        File.WriteAllText(_root.PathOf("sessions", "bad", "metadata.json"), content);

        var reading = () => TestStore.Open(_root.Root).ReadMetadataAsync(TestStore.Key("bad"), CancellationToken.None);

        (await reading.Should().ThrowAsync<InvalidDataException>()).WithMessage($"*bad is {expected}.")
            .Which.Message.Should().NotContain(_root.Root);
    }

    [Fact]
    public void Create_NewConversation_HasV0sFieldsInOrder()
    {
        var recorded = Directory.EnumerateFiles(Recording.Named("message-live").Store, "metadata.json", SearchOption.AllDirectories).Single();
        var id = Path.GetFileName(Path.GetDirectoryName(recorded)) ?? "";
        var now = new DateTimeOffset(2026, 11, 21, 10, 41, 33, TimeSpan.FromHours(1)).AddTicks(8_797_570);

        var created = ConversationMetadata.Create(TestStore.Key(id).Id, null, now);

        created["created_at"]?.ToString().Should().Be("2026-11-21T09:41:33.879757Z");
        created["last_updated_at"]?.ToString().Should().Be("2026-11-21T09:41:33.879757Z");
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
    public async Task OpenLogAsync_TemporaryFiles_OldOnesAreRemovedAndNoneAreRead()
    {
        var store = TestStore.Open(_root.Root);
        await TestStore.AppendAsync(await store.OpenLogAsync(TestStore.Key("c"), CancellationToken.None), 0, 24);
        var old = new[] { "events/.a-1.tmp", "event_cache/.a-2.tmp", ".a-3.tmp" }.Select(name => _root.PathOf("sessions", "c", name)).ToList();
        var fresh = _root.PathOf("sessions", "c", "events", ".a-4.tmp");
        old.ForEach(static path => File.WriteAllText(path, "{"));
        old.ForEach(static path => File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch));
        File.WriteAllText(fresh, "{");

        var log = await store.OpenLogAsync(TestStore.Key("c"), CancellationToken.None);

        old.Should().OnlyContain(static path => !File.Exists(path));
        File.Exists(fresh).Should().BeTrue();
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task Store_WrittenHere_IsReadByPython()
    {
        var store = TestStore.Open(_root.Root);
        var key = TestStore.Key("c");
        await store.WriteMetadataAsync(key, ConversationMetadata.Create(key.Id, null, DateTimeOffset.UnixEpoch), CancellationToken.None);
        var log = await store.OpenLogAsync(key, CancellationToken.None);
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
