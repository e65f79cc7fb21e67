using System.Globalization;

using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>
/// The list that is kept in memory says what stands on disk, whoever has put it there: with the kernel's word about the folder, and
/// without.
/// </summary>
public sealed class CatalogueListTests : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(10_000)]
    [InlineData(0)]
    public async Task List_WhatOthersDo_IsSeenByTheNextList(int maxWatches)
    {
        using var catalogue = TestStore.Catalogue(_root.Root, maxWatches: maxWatches);
        (await ListAsync(catalogue)).Should().Be(" of 0", "there is no folder yet");

        Put("a", 1);
        Put("b", 2);
        (await ListAsync(catalogue)).Should().Be("b,a of 2");
        Directory.CreateDirectory(Folder("c"));
        (await ListAsync(catalogue)).Should().Be("b,a of 3", "it has no metadata yet");
        Put("c", 3);
        (await ListAsync(catalogue)).Should().Be("c,b,a of 3");
        Put("a", 4);
        (await ListAsync(catalogue)).Should().Be("a,c,b of 3", "it was made anew");
        File.WriteAllText(Metadata("c"), "{");
        (await ListAsync(catalogue)).Should().Be("a,b of 3");
        Put("c", 5);
        (await ListAsync(catalogue)).Should().Be("c,a,b of 3");
        File.Delete(Metadata("a"));
        (await ListAsync(catalogue)).Should().Be("c,b of 3");
        Directory.Delete(Folder("a"), recursive: true);
        (await ListAsync(catalogue)).Should().Be("c,b of 2");
        Directory.Move(Folder("c"), Folder("d"));
        (await ListAsync(catalogue)).Should().Be("d,b of 2");
        Directory.Delete(_root.PathOf("sessions"), recursive: true);
        (await ListAsync(catalogue)).Should().Be(" of 0");
        Put("e", 6);
        (await ListAsync(catalogue)).Should().Be("e of 1");
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(0)]
    public async Task List_ManyConversations_AreInOrderOnEveryPage(int maxWatches)
    {
        for (var n = 0; n < 700; n++)
        {
            Put($"c{n:000}", n * 7 % 700);
        }

        using var catalogue = TestStore.Catalogue(_root.Root, maxWatches: maxWatches);
        var listed = new List<CatalogueEntry>();
        for (var offset = 0; offset < 700; offset += 150)
        {
            var page = await catalogue.ListAsync(null, offset, 150, CancellationToken.None);
            page.Total.Should().Be(700);
            listed.AddRange(page.Entries);
        }

        listed.Select(static entry => entry.CreatedAt).Should().HaveCount(700).And.BeInDescendingOrder();
        listed.Select(static entry => entry.Key).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task List_ChangedBehindItsBackFarFromThePage_IsSeenWhenItsTurnHasCome()
    {
        for (var n = 0; n < 400; n++)
        {
            Put($"c{n:000}", n);
        }

        using var catalogue = TestStore.Catalogue(_root.Root);
        await ListAsync(catalogue);
        Put("c001", 9_000);

        var lists = 0;
        while ((await catalogue.ListAsync(null, 0, 1, CancellationToken.None)).Entries.Single().Key.Id.Value != "c001")
        {
            (++lists).Should().BeLessThan(10, "each list looks at a part of the others");
        }
    }

    [Fact]
    public async Task Read_FileThatIsBeingWritten_IsReadAgain()
    {
        Put("c", 1);
        using var catalogue = TestStore.Catalogue(_root.Root);
        await ListAsync(catalogue);
        using var stop = new CancellationTokenSource();
        var writing = Task.Factory.StartNew(() => RewriteInPlace(stop.Token), TaskCreationOptions.LongRunning);

        for (var n = 0; n < 300; n++)
        {
            (await catalogue.ReadAsync(TestStore.Key("c"), CancellationToken.None)).Should().NotBeNull();
            (await ListAsync(catalogue)).Should().Be("c of 1");
        }

        await stop.CancelAsync();
        await writing.WaitAsync(TestLimits.Step);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAndList_FileThatIsBeingWritten_WaitWithoutAThreadUntilItIsWhole(bool isListedBefore)
    {
        var clock = new FakeTimeProvider();
        using var catalogue = TestStore.Catalogue(_root.Root, timeProvider: clock);
        Put("c", 1);
        if (isListedBefore)
        {
            await ListAsync(catalogue);
        }

        PutCut("c", clock);
        var reading = catalogue.ReadAsync(TestStore.Key("c"), CancellationToken.None).AsTask();
        var listing = ListAsync(catalogue);
        await Eventually.IsTrueAsync(() => clock.ActiveTimers == 2, "both wait for the writer");
        (reading.IsCompleted, listing.IsCompleted).Should().Be((false, false));
        Put("c", 1);
        clock.Advance(TimeSpan.FromMilliseconds(4));

        (await reading.WaitAsync(TestLimits.Step)).Should().NotBeNull();
        (await listing.WaitAsync(TestLimits.Step)).Should().Be("c of 1");
    }

    [Fact]
    public async Task ReadAndList_FileThatStaysCut_IsDamagedInTheEnd()
    {
        var clock = new FakeTimeProvider();
        using var catalogue = TestStore.Catalogue(_root.Root, timeProvider: clock);
        Put("a", 1);
        PutCut("c", clock);

        var reading = catalogue.ReadAsync(TestStore.Key("c"), CancellationToken.None).AsTask();
        var listing = ListAsync(catalogue);
        for (var milliseconds = 4; milliseconds <= 64; milliseconds *= 2)
        {
            await Eventually.IsTrueAsync(() => clock.ActiveTimers == 2, "both wait for the writer");
            clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }

        await FluentActions.Awaiting(() => reading.WaitAsync(TestLimits.Step)).Should().ThrowAsync<DamagedMetadataException>();
        (await listing.WaitAsync(TestLimits.Step)).Should().Be("a of 2");
        clock.Advance(TimeSpan.FromSeconds(3));
        (await ListAsync(catalogue).WaitAsync(TestLimits.Step)).Should().Be("a of 2", "nobody waits for an old file");
    }

    private void PutCut(string id, FakeTimeProvider clock)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllText(Metadata(id), "{\"conversation_id\":");
        File.SetLastWriteTimeUtc(Metadata(id), clock.GetUtcNow().UtcDateTime);
    }

    /// <summary>As V0: emptied, then filled.</summary>
    private void RewriteInPlace(CancellationToken cancellationToken)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(Json("c", 1).ToString());
        using var file = File.Open(Metadata("c"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        while (!cancellationToken.IsCancellationRequested)
        {
            file.SetLength(0);
            RandomAccess.Write(file.SafeFileHandle, content.AsSpan(0, content.Length / 2), 0);
            RandomAccess.Write(file.SafeFileHandle, content.AsSpan(content.Length / 2), content.Length / 2);
            Thread.Yield();
            cancellationToken.WaitHandle.WaitOne(1);
        }
    }

    private static async Task<string> ListAsync(FileCatalogue catalogue)
    {
        var page = await catalogue.ListAsync(null, 0, 100, CancellationToken.None);
        return $"{string.Join(',', page.Entries.Select(static entry => entry.Key.Id.Value))} of {page.Total}";
    }

    private static JObject Json(string id, int hours) => new()
    {
        ["conversation_id"] = id,
        ["selected_repository"] = null,
        ["created_at"] = s_start.AddHours(hours).ToString("O", CultureInfo.InvariantCulture),
    };

    private string Folder(string id) => _root.PathOf("sessions", id);

    private string Metadata(string id) => Path.Combine(Folder(id), "metadata.json");

    private void Put(string id, int hours)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllText(Metadata(id), Json(id, hours).ToString());
    }
}
