using System.Globalization;

using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What the catalogue of conversations does, in every store.</summary>
public abstract class CatalogueContract : StoreContract
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected CatalogueContract(StorageKind kind)
        : base(kind)
    {
    }

    private IConversationCatalogue Catalogue => Store.Catalogue;

    [Fact]
    public async Task ReadAsync_UnknownConversation_IsNull()
    {
        (await Catalogue.ReadAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("u")]
    public async Task TryReplaceAsync_Anything_ComesBackUntouched(string? user)
    {
        const string Json = """{"title":"é \"x\"","created_at":"2026-11-21T09:41:33.100000Z","odd":{"cost":0.0060999999999999995,"n":1.0,"big":123456789012345678901},"a":null}""";
        var key = TestStore.Key("c", user);
        JsonTree.TryReadObject(Json, out var given).Should().BeTrue();
        (await Catalogue.TryCreateAsync(key, given, CancellationToken.None)).Should().BeTrue();

        var metadata = await Catalogue.ReadAsync(key, CancellationToken.None);
        var isReplaced = await Catalogue.TryReplaceAsync(key, metadata?.Json ?? [], metadata?.Version ?? "", CancellationToken.None);

        isReplaced.Should().BeTrue();
        (await Store.MetadataOfAsync(key)).Should().Be(Json);
    }

    [Theory]
    [InlineData("", "Expecting value: line 1 column 1 (char 0)", false)]
    [InlineData("{\"conversation_id\": \"0000", "Unterminated string starting at: line 1 column 21 (char 20)", false)]
    [InlineData("{\n  \"title\":", "Expecting value: line 2 column 11 (char 12)", false)]
    [InlineData("[]", "it is no JSON object", true)]
    [InlineData("5", "it is no JSON object", false)]
    public async Task ReadAsync_Damaged_SaysWhatV0Says(string content, string expected, bool isUnknown)
    {
        await Store.PutMetadataAsync("bad", content);

        var reading = () => Catalogue.ReadAsync(TestStore.Key("bad"), CancellationToken.None).AsTask();

        var exception = (await reading.Should().ThrowAsync<DamagedMetadataException>()).Which;
        exception.Damage.Should().Be(new MetadataDamage(expected, isUnknown));
    }

    [Fact]
    public async Task TryReplaceAsync_ChangedMeanwhile_IsRefused()
    {
        var key = TestStore.Key("c");
        (await Catalogue.TryCreateAsync(key, new JObject { ["n"] = 0 }, CancellationToken.None)).Should().BeTrue();
        (await Catalogue.TryCreateAsync(key, new JObject { ["n"] = 9 }, CancellationToken.None)).Should().BeFalse();
        var read = await Catalogue.ReadAsync(key, CancellationToken.None);

        var first = await Catalogue.TryReplaceAsync(key, new JObject { ["n"] = 1 }, read!.Version, CancellationToken.None);
        var second = await Catalogue.TryReplaceAsync(key, new JObject { ["n"] = 2 }, read.Version, CancellationToken.None);

        (first, second).Should().Be((true, false));
        ((int?)(await Catalogue.ReadAsync(key, CancellationToken.None))!.Json["n"]).Should().Be(1);
        (await Catalogue.TryReplaceAsync(TestStore.Key("other"), [], read.Version, CancellationToken.None)).Should().BeFalse();
    }

    [Fact]
    public async Task TryReplaceAsync_ManyAtOnce_LosesNoIncrement()
    {
        var key = TestStore.Key("c");
        await Catalogue.TryCreateAsync(key, new JObject { ["n"] = 0 }, CancellationToken.None);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < 25;)
            {
                var read = await Catalogue.ReadAsync(key, CancellationToken.None);
                read!.Json["n"] = (int)read.Json["n"]! + 1;
                done += await Catalogue.TryReplaceAsync(key, read.Json, read.Version, CancellationToken.None) ? 1 : 0;
            }
        }))).WaitAsync(TestLimits.Step);

        ((int?)(await Catalogue.ReadAsync(key, CancellationToken.None))!.Json["n"]).Should().Be(100);
    }

    [Fact]
    public async Task ListAsync_SoundAndDamaged_GivesTheNewestFirstAndSaysWhatIsDamaged()
    {
        for (var n = 0; n < 5; n++)
        {
            var key = TestStore.Key($"c{n}");
            var metadata = ConversationMetadata.Create(key.Id, null, DateTimeOffset.UnixEpoch.AddDays(n % 2 == 0 ? n : 10 + n));
            await Catalogue.TryCreateAsync(key, metadata, CancellationToken.None);
        }

        await Store.PutConversationAsync("none");
        await Store.PutMetadataAsync("bad", "{");
        await Catalogue.TryCreateAsync(TestStore.Key("undated"), new JObject { ["created_at"] = null }, CancellationToken.None);

        var first = await Catalogue.ListAsync(null, 0, 3, CancellationToken.None);
        var second = await Catalogue.ListAsync(null, 3, 3, CancellationToken.None);

        first.Entries.Concat(second.Entries).Select(static entry => entry.Key.Id.Value).Should().Equal("c3", "c1", "c4", "c2", "c0");
        (first.Entries.Count, first.Total).Should().Be((3, 8));
        first.Damaged.Select(static damage => damage.Name).Should().BeEquivalentTo("none", "bad", "undated");
        first.Damaged.Single(static damage => damage.Name == "none").Problem.Should().Be("it has no metadata");
        first.Damaged.Single(static damage => damage.Name == "bad").Problem.Should().Be("its metadata is damaged");
        first.Damaged.Single(static damage => damage.Name == "undated").Problem.Should().Contain("created_at");
        (await Catalogue.ListAsync(TestStore.Key("nobody").Id, 0, 3, CancellationToken.None)).Total.Should().Be(0);
    }

    [Fact]
    public async Task DeleteAsync_Conversation_IsGoneWithAllThatItHas()
    {
        var key = TestStore.Key("c", "u");
        await Catalogue.TryCreateAsync(key, [], CancellationToken.None);
        await TestStore.AppendAsync(await Store.OpenAsync("c", "u"), 0, 24);
        await Store.Journals.Open(key, "journal").AppendAsync(["line"], CancellationToken.None);

        (await Catalogue.DeleteAsync(key, CancellationToken.None)).Should().BeTrue();
        (await Catalogue.DeleteAsync(key, CancellationToken.None)).Should().BeFalse();

        (await Catalogue.ReadAsync(key, CancellationToken.None)).Should().BeNull();
        (await Store.OpenAsync("c", "u")).Head.Should().Be(-1);
        (await Store.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task List_WhatThisProcessDoes_IsSeenByTheNextList()
    {
        var key = TestStore.Key("a");
        await Catalogue.TryCreateAsync(key, Json("a", 1), CancellationToken.None);
        (await ListAsync()).Should().Be("a of 1");
        await Catalogue.TryCreateAsync(TestStore.Key("b"), Json("b", 2), CancellationToken.None);
        (await ListAsync()).Should().Be("b,a of 2");
        await Catalogue.DeleteAsync(key, CancellationToken.None);
        (await ListAsync()).Should().Be("b of 1");
    }

    [Fact]
    public async Task List_NullThatIsATextUntilItIsWritten_IsReadAsNull()
    {
        var json = Json("a", 1);
        json["git_provider"] = (string?)null;
        json["git_provider"]!.Type.Should().Be(JTokenType.String);

        await Catalogue.TryCreateAsync(TestStore.Key("a"), json, CancellationToken.None);

        (await ListAsync()).Should().Be("a of 1");
    }

    [Fact]
    public async Task List_OfUsers_KeepsThemApart()
    {
        for (var n = 0; n < 70; n++)
        {
            await Catalogue.TryCreateAsync(TestStore.Key("c", $"u{n}"), Json("c", n), CancellationToken.None);
            (await Catalogue.ListAsync(TestStore.Key($"u{n}").Id, 0, 9, CancellationToken.None)).Entries.Should().ContainSingle();
        }

        (await Catalogue.ListAsync(TestStore.Key("u0").Id, 0, 9, CancellationToken.None)).Entries.Should().ContainSingle();
        (await Catalogue.ListAsync(null, 0, 9, CancellationToken.None)).Total.Should().Be(0);
    }

    [Fact]
    public async Task List_ManyConversations_AreInOrderOnEveryPage()
    {
        for (var n = 0; n < 300; n++)
        {
            await Catalogue.TryCreateAsync(TestStore.Key($"c{n:000}"), Json($"c{n:000}", n * 7 % 100), CancellationToken.None);
        }

        var listed = new List<CatalogueEntry>();
        for (var offset = 0; offset < 300; offset += 70)
        {
            var page = await Catalogue.ListAsync(null, offset, 70, CancellationToken.None);
            page.Total.Should().Be(300);
            listed.AddRange(page.Entries);
        }

        listed.Should().HaveCount(300).And.BeEquivalentTo(
            listed.OrderByDescending(static entry => entry.CreatedAt).ThenBy(static entry => entry.Key.Id.Value, StringComparer.Ordinal),
            static options => options.WithStrictOrdering());
    }

    /// <summary>As V0's slices of a Python list: of five that can be listed, and one that cannot.</summary>
    [Theory]
    [InlineData(0, 0, "")]
    [InlineData(0, 100, "e,d,c,b,a")]
    [InlineData(4, 5, "a")]
    [InlineData(5, 5, "")]
    [InlineData(-2, 8, "b,a")]
    [InlineData(-2, 5, "")]
    [InlineData(-9, 11, "e,d")]
    [InlineData(0, -1, "e,d,c,b")]
    [InlineData(3, int.MaxValue, "b,a")]
    public async Task List_AnyOffsetAndLimit_IsPythonsSlice(int offset, int limit, string expected)
    {
        foreach (var (n, id) in "abcde".Index())
        {
            await Catalogue.TryCreateAsync(TestStore.Key($"{id}"), Json($"{id}", n), CancellationToken.None);
        }

        await Store.PutMetadataAsync("bad", "{");

        var page = await Catalogue.ListAsync(null, offset, limit, CancellationToken.None);

        page.Total.Should().Be(6);
        string.Join(',', page.Entries.Select(static entry => entry.Key.Id.Value)).Should().Be(expected);
    }

    private async Task<string> ListAsync()
    {
        var page = await Catalogue.ListAsync(null, 0, 100, CancellationToken.None);
        return $"{string.Join(',', page.Entries.Select(static entry => entry.Key.Id.Value))} of {page.Total}";
    }

    private static JObject Json(string id, int hours) => new()
    {
        ["conversation_id"] = id,
        ["selected_repository"] = null,
        ["created_at"] = s_start.AddHours(hours).ToString("O", CultureInfo.InvariantCulture),
    };
}
