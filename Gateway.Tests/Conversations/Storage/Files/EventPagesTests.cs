using System.Text;

using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class EventPagesTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task TryAppendAsync_LastEventOfAPage_WritesThePage()
    {
        var log = await OpenAsync();

        await TestStore.AppendAsync(log, 0, 23);
        Directory.Exists(Pages()).Should().BeFalse();
        await TestStore.AppendAsync(log, 24, 49);

        Directory.EnumerateFiles(Pages()).Select(Path.GetFileName).Should().BeEquivalentTo("0-25.json", "25-50.json");
        var expected = $"[{string.Join(", ", Enumerable.Range(25, 25).Select(static id => Encoding.UTF8.GetString(TestStore.Event(id))))}]";
        File.ReadAllText(Pages("25-50.json")).Should().Be(expected);
    }

    [Theory]
    [InlineData(10, 10, false)]
    [InlineData(10, 2_000, false)]
    [InlineData(10, 10, true)]
    [InlineData(10, 9_000, false)]
    public async Task TryAppendAsync_LastEventOfAPage_WritesTheSamePageWhateverWasKeptOfIt(int firstSize, int size, bool isCollected)
    {
        var log = await OpenAsync();
        var events = Enumerable.Range(0, 25).Select(id => TestStore.Event(id, new string('x', id == 0 ? firstSize : size))).ToList();

        for (var id = 0; id < events.Count; id++)
        {
            if (isCollected && id == 20)
            {
                GC.Collect();
            }

            (await log.TryAppendAsync(id, events[id], CancellationToken.None)).Should().BeTrue();
        }

        File.ReadAllText(Pages("0-25.json")).Should().Be($"[{string.Join(", ", events.Select(Encoding.UTF8.GetString))}]");
    }

    [Fact]
    public async Task TryAppendAsync_PageWithAnEventOfAnotherWriter_HasThatEvent()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 9);
        var theirs = TestStore.Event(10, "theirs");
        File.WriteAllBytes(Event(10), theirs);
        (await log.TryAppendAsync(10, TestStore.Event(10), CancellationToken.None)).Should().BeFalse();

        await TestStore.AppendAsync(log, 11, 24);

        File.ReadAllText(Pages("0-25.json")).Should().Contain(Encoding.UTF8.GetString(theirs));
    }

    [Fact]
    public async Task TryAppendAsync_PageWithAGap_IsNotWritten()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 9);

        await TestStore.AppendAsync(log, 11, 24);

        Directory.Exists(Pages()).Should().BeFalse();
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(24);
    }

    [Fact]
    public async Task TryAppendAsync_PageWithAnUnsoundEvent_IsNotWritten()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 6);
        (await log.TryAppendAsync(7, "{\"id\": 7,"u8.ToArray(), CancellationToken.None)).Should().BeTrue();

        await TestStore.AppendAsync(log, 8, 24);

        Directory.Exists(Pages()).Should().BeFalse();
    }

    [Fact]
    public async Task TryAppendAsync_PageThatCannotBeWritten_IsAWarningAlone()
    {
        var logger = new ListLogger();
        var log = await TestStore.Logs(_root.Root, logger: logger).OpenAsync(TestStore.Key("c"), CancellationToken.None);
        await TestStore.AppendAsync(log, 0, 23);
        File.WriteAllText(_root.PathOf("sessions", "c", "event_cache"), "in the way");

        (await log.TryAppendAsync(24, TestStore.Event(24), CancellationToken.None)).Should().BeTrue();

        logger.Lines.Should().ContainSingle().Which.Should().StartWith("Warning").And.Contain("page");
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task TryAppendAsync_PageOfAnotherWriter_StaysAsItIs()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 23);
        Directory.CreateDirectory(Pages());
        File.WriteAllText(Pages("0-25.json"), "[]");

        await TestStore.AppendAsync(log, 24, 24);

        File.ReadAllText(Pages("0-25.json")).Should().Be("[]");
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
        Directory.EnumerateFiles(Pages()).Should().ContainSingle();
    }

    [Fact]
    public async Task ReadAsync_PageAndSingleFileDiffer_ThePageCounts()
    {
        await FillAsync(30);
        File.WriteAllBytes(Event(3), TestStore.Event(3, "changed"));

        var (events, _) = await TestStore.ReadAllAsync(await OpenAsync());

        events[3].Json.Should().NotContain("changed");
    }

    [Fact]
    public async Task ReadAsync_EventsThatStandOnlyInAPage_AreThere()
    {
        await FillAsync(50);
        foreach (var id in new[] { 0, 7, 24, 49 })
        {
            File.Delete(Event(id));
        }

        var log = await OpenAsync();

        log.Head.Should().Be(49);
        (await TestStore.ReadAllAsync(log)).Events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 50));
        (await log.TryAppendAsync(49, TestStore.Event(49), CancellationToken.None)).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("[{\"id\": 0, \"action\": \"ru")]
    [InlineData("[{\"id\": 1, \"action\": \"run\"}]")]
    [InlineData("[5, null, {}]")]
    public async Task ReadAsync_DamagedPage_SingleFilesServe(string page)
    {
        await FillAsync(30);
        File.WriteAllText(Pages("0-25.json"), page);

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync());

        events.Should().Equal(Enumerable.Range(0, 30).Select(static id => (id, Encoding.UTF8.GetString(TestStore.Event(id)))));
        corrupt.Should().BeEmpty();
    }

    [Fact]
    public async Task ReadAsync_PageThatIsNotUtf8_SingleFilesServe()
    {
        await FillAsync(25);
        var page = File.ReadAllBytes(Pages("0-25.json"));
        page[^20] = 0xFF;
        File.WriteAllBytes(Pages("0-25.json"), page);

        (await TestStore.ReadAllAsync(await OpenAsync())).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task ReadAsync_PageCutInTheMiddle_GivesWhatItHasAndReportsTheRest()
    {
        await FillAsync(25);
        var page = File.ReadAllBytes(Pages("0-25.json"));
        File.WriteAllBytes(Pages("0-25.json"), page[..(page.Length / 2)]);
        Enumerable.Range(0, 24).ToList().ForEach(id => File.Delete(Event(id)));

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync());

        events.Should().HaveCountGreaterThan(8).And.Contain(static stored => stored.Id == 24);
        (events.Count + corrupt.Count).Should().Be(25);
        corrupt.Should().OnlyContain(static entry =>
            entry.Problem.EndsWith("is missing and event_cache/0-25.json is damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReadAsync_UnsoundEventInAPage_IsReadFromItsFileOrReported()
    {
        await FillAsync(25);
        var page = File.ReadAllText(Pages("0-25.json"));
        File.WriteAllText(Pages("0-25.json"),
            page.Replace("\"id\": 3, \"source\": \"agent\", \"message\": \"\", \"action\"", "\"id\": 3, \"odd\"", StringComparison.Ordinal)
            .Replace("\"id\": 4, \"source\": \"agent\", \"message\": \"\", \"action\"", "\"id\": 4, \"odd\"", StringComparison.Ordinal));
        File.Delete(Event(4));

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync());

        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 25).Except([4]));
        corrupt.Should().Equal(new CorruptEvent(4, "event_cache/0-25.json has neither an action nor an observation"));
    }

    [Fact]
    public async Task ReadAsync_PageWrittenLater_IsUsed()
    {
        await FillAsync(25);
        var page = File.ReadAllBytes(Pages("0-25.json"));
        File.Delete(Pages("0-25.json"));
        var log = await OpenAsync();
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);

        File.WriteAllBytes(Pages("0-25.json"), page);
        File.Delete(Event(5));

        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(25);
    }

    [Fact]
    public async Task ReadAsync_LargePage_IsReadForWhatTheFilesDoNotHave()
    {
        var log = await OpenAsync();
        for (var id = 0; id < 25; id++)
        {
            await log.TryAppendAsync(id, TestStore.Event(id, new string('x', 300_000)), CancellationToken.None);
        }

        new FileInfo(Pages("0-25.json")).Length.Should().BeGreaterThan(5_000_000);
        File.Delete(Event(0));
        File.Delete(Event(12));
        File.WriteAllText(Event(20), "{");

        var (events, corrupt) = await TestStore.ReadAllAsync(await OpenAsync());

        corrupt.Should().BeEmpty();
        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, 25));
        events.Should().OnlyContain(static stored => stored.Json.Length > 300_000);
    }

    [Fact]
    public async Task ReadAsync_PagesOfOtherBounds_AreIgnored()
    {
        await FillAsync(3);
        Directory.CreateDirectory(Pages());
        foreach (var name in new[] { "3-28.json", "0-50.json", "25-49.json", "025-50.json", "x-y.json", "-25-0.json" })
        {
            File.WriteAllText(Pages(name), "[]");
        }

        var log = await OpenAsync();

        log.Head.Should().Be(2);
    }

    private async Task FillAsync(int count) => await TestStore.AppendAsync(await OpenAsync(), 0, count - 1);

    private string Event(int id) => _root.PathOf("sessions", "c", "events", $"{id}.json");

    private string Pages(params string[] name) => _root.PathOf(["sessions", "c", "event_cache", .. name]);

    private Task<IEventLog> OpenAsync() => TestStore.Logs(_root.Root).OpenAsync(TestStore.Key("c"), CancellationToken.None).AsTask();

    /// <summary>Keeps what was logged.</summary>
    private sealed class ListLogger : ILogger<FileEventLog>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
