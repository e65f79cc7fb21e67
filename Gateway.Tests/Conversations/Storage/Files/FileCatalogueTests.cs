using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileCatalogueTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task ReadAsync_UnknownConversation_IsNull()
    {
        (await TestStore.Catalogue(_root.Root).ReadAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeNull();
    }

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

    [Theory]
    [InlineData("", "Expecting value: line 1 column 1 (char 0)", false)]
    [InlineData("{\"conversation_id\": \"0000", "Unterminated string starting at: line 1 column 21 (char 20)", false)]
    [InlineData("{\n  \"title\":", "Expecting value: line 2 column 11 (char 12)", false)]
    [InlineData("[]", "it is no JSON object", true)]
    [InlineData("5", "it is no JSON object", false)]
    public async Task ReadAsync_Damaged_SaysWhatV0Says(string content, string expected, bool isUnknown)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "bad"));
        File.WriteAllText(_root.PathOf("sessions", "bad", "metadata.json"), content);

        var reading = () => TestStore.Catalogue(_root.Root).ReadAsync(TestStore.Key("bad"), CancellationToken.None).AsTask();

        var exception = (await reading.Should().ThrowAsync<DamagedMetadataException>()).Which;
        exception.Damage.Should().Be(new MetadataDamage(expected, isUnknown));
        exception.Message.Should().NotContain(_root.Root);
    }

    [Fact]
    public async Task TryReplaceAsync_ChangedMeanwhile_IsRefused()
    {
        var catalogue = TestStore.Catalogue(_root.Root);
        var key = TestStore.Key("c");
        (await catalogue.TryCreateAsync(key, new JObject { ["n"] = 0 }, CancellationToken.None)).Should().BeTrue();
        (await catalogue.TryCreateAsync(key, new JObject { ["n"] = 9 }, CancellationToken.None)).Should().BeFalse();
        var read = await catalogue.ReadAsync(key, CancellationToken.None);

        var first = await catalogue.TryReplaceAsync(key, new JObject { ["n"] = 1 }, read!.Version, CancellationToken.None);
        var second = await catalogue.TryReplaceAsync(key, new JObject { ["n"] = 2 }, read.Version, CancellationToken.None);

        (first, second).Should().Be((true, false));
        ((int?)(await catalogue.ReadAsync(key, CancellationToken.None))!.Json["n"]).Should().Be(1);
        (await catalogue.TryReplaceAsync(TestStore.Key("other"), [], read.Version, CancellationToken.None)).Should().BeFalse();
    }

    [Fact]
    public async Task TryReplaceAsync_ManyAtOnce_LosesNoIncrement()
    {
        var key = TestStore.Key("c");
        await TestStore.Catalogue(_root.Root).TryCreateAsync(key, new JObject { ["n"] = 0 }, CancellationToken.None);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var catalogue = TestStore.Catalogue(_root.Root);
            for (var done = 0; done < 25;)
            {
                var read = await catalogue.ReadAsync(key, CancellationToken.None);
                read!.Json["n"] = (int)read.Json["n"]! + 1;
                done += await catalogue.TryReplaceAsync(key, read.Json, read.Version, CancellationToken.None) ? 1 : 0;
            }
        }))).WaitAsync(TestLimits.Step);

        ((int?)(await TestStore.Catalogue(_root.Root).ReadAsync(key, CancellationToken.None))!.Json["n"]).Should().Be(100);
    }

    [Fact]
    public async Task ListAsync_SoundAndDamaged_GivesTheNewestFirstAndSaysWhatIsDamaged()
    {
        var catalogue = TestStore.Catalogue(_root.Root);
        for (var n = 0; n < 5; n++)
        {
            var key = TestStore.Key($"c{n}");
            var metadata = ConversationMetadata.Create(key.Id, null, DateTimeOffset.UnixEpoch.AddDays(n % 2 == 0 ? n : 10 + n));
            await catalogue.TryCreateAsync(key, metadata, CancellationToken.None);
        }

        Directory.CreateDirectory(_root.PathOf("sessions", "none"));
        File.WriteAllText(_root.PathOf("sessions", "a.file"), "");
        Directory.CreateDirectory(_root.PathOf("sessions", "bad"));
        File.WriteAllText(_root.PathOf("sessions", "bad", "metadata.json"), "{");
        Directory.CreateDirectory(_root.PathOf("sessions", "undated"));
        File.WriteAllText(_root.PathOf("sessions", "undated", "metadata.json"), "{\"created_at\":null}");

        var first = await catalogue.ListAsync(null, 0, 3, CancellationToken.None);
        var second = await catalogue.ListAsync(null, 3, 3, CancellationToken.None);

        first.Entries.Concat(second.Entries).Select(static entry => entry.Key.Id.Value).Should().Equal("c3", "c1", "c4", "c2", "c0");
        (first.Entries.Count, first.Total).Should().Be((3, 9));
        first.Damaged.Select(static damage => damage.Name).Should().BeEquivalentTo("none", "a.file", "bad", "undated");
        (await catalogue.ListAsync(TestStore.Key("nobody").Id, 0, 3, CancellationToken.None)).Total.Should().Be(0);
    }

    [Fact]
    public async Task DeleteAsync_Conversation_IsGoneWithAllItsFiles()
    {
        var catalogue = TestStore.Catalogue(_root.Root);
        var key = TestStore.Key("c", "u");
        await catalogue.TryCreateAsync(key, [], CancellationToken.None);
        await TestStore.AppendAsync(await TestStore.Logs(_root.Root).OpenAsync(key, CancellationToken.None), 0, 24);

        (await catalogue.DeleteAsync(key, CancellationToken.None)).Should().BeTrue();
        (await catalogue.DeleteAsync(key, CancellationToken.None)).Should().BeFalse();

        (await catalogue.ReadAsync(key, CancellationToken.None)).Should().BeNull();
        (await TestStore.Logs(_root.Root).OpenAsync(key, CancellationToken.None)).Head.Should().Be(-1);
        Directory.EnumerateFiles(_root.Root, "*", SearchOption.AllDirectories).Should().BeEmpty();
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
