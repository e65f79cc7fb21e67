using System.Text;

using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>The map on a real disk: whatever a crash leaves of its journal, what was committed stays known, and it stays small.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class V1MapTests : IDisposable
{
    private readonly TempStore _store = TempStore.Empty();

    private string JournalPath => _store.PathOf("sessions", "c", V1Map.JournalName);

    public void Dispose() => _store.Dispose();

    /// <summary>
    /// A crash tears the journal anywhere: the next opening takes what is missing, and the one after that knows everything.
    /// </summary>
    [Fact]
    public async Task LoadAsync_JournalTornAtEveryByte_KeepsAllThatIsCommittedAfterIt()
    {
        const int Events = 8;
        await TakeAsync(await LoadAsync(), 0, Events, perCommit: 3);
        var whole = await File.ReadAllBytesAsync(JournalPath);

        for (var length = 0; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalPath, whole[..length]);
            var torn = await LoadAsync();
            var kept = torn.Count;
            kept.Should().BeOneOf(0, 3, 6, 8);
            if (kept < Events)
            {
                await TakeAsync(torn, kept, Events, perCommit: 2);
            }

            Known(await LoadAsync(), Events).Should().Equal(Enumerable.Range(0, Events), "torn at {0}", length);
        }
    }

    [Fact]
    public async Task LoadAsync_LineDamagedInTheMiddle_HarmsItsEventAlone()
    {
        const int Events = 12;
        await TakeAsync(await LoadAsync(), 0, Events, perCommit: 3);
        var lines = await File.ReadAllLinesAsync(JournalPath);
        lines[4] = lines[4][..10] + "\0\0\0";
        await File.WriteAllLinesAsync(JournalPath, lines);

        var damaged = await LoadAsync();
        damaged.Count.Should().Be(Events);
        Known(damaged, Events).Should().Equal(Enumerable.Range(0, Events).Where(static number => number != 4));

        await TakeAsync(damaged, Events, Events + 1, perCommit: 1);
        var after = await LoadAsync();
        after.Count.Should().Be(Events + 1);
        after.LastEvent.Should().Be(new LoggedEvent(Id(Events), Events));
        (await File.ReadAllTextAsync(JournalPath)).Should().NotContain("\0", "a journal with damage is written anew");
    }

    /// <summary>The bridge that wrote the first lines died before it committed them.</summary>
    [Fact]
    public async Task LoadAsync_BatchWithoutItsEnd_IsTakenAgain()
    {
        var journal = TestStore.Journals(_store.Root).Open(TestStore.Key("c"), V1Map.JournalName);
        await TakeAsync(await LoadAsync(), 0, 2, perCommit: 2);
        await journal.AppendAsync(["""{"seq":2,"v1":"other","ids":{"other":[9]}}""", """{"seq":3,"v1":"e3"}"""], CancellationToken.None);

        var map = await LoadAsync();
        map.Count.Should().Be(2);
        await TakeAsync(map, 2, 5, perCommit: 1);

        var after = await LoadAsync();
        after.Contains("other").Should().BeFalse();
        Known(after, 5).Should().Equal(0, 1, 2, 3, 4);
    }

    [Fact]
    public async Task LoadAsync_CommitsPastTheLogsHead_DoNotCountAndGo()
    {
        await TakeAsync(await LoadAsync(), 0, 6, perCommit: 2);

        var map = await LoadAsync(logHead: V0Id(3));
        map.Count.Should().Be(4);
        map.CommittedHead.Should().Be(V0Id(3));
        map.Add("new", "");
        map.Relate("new", V0Id(3) + 1);
        await map.CommitAsync([], V0Id(3) + 1, null, CancellationToken.None);

        var after = await LoadAsync(logHead: 1_000);
        after.Count.Should().Be(5);
        after.Contains(Id(4)).Should().BeFalse();
        after.V0IdsOf("new").Should().Equal(V0Id(3) + 1);
        after.V0IdsOf(Id(5)).Should().BeEmpty();
    }

    [Fact]
    public async Task CommitAsync_ManyTimes_KeepsTheJournalInProportionToTheLog()
    {
        const int Events = 6_000;
        await TakeAsync(await LoadAsync(), 0, Events, perCommit: 1, snapshot: new JObject { ["open"] = new string('x', 1_000) });

        new FileInfo(JournalPath).Length.Should().BeLessThan(1_500_000, "6 MB of snapshots are past");
        Known(await LoadAsync(), Events).Should().HaveCount(Events);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task V0IdsOf_LongLog_KnowsEveryEvent(bool isRestarted)
    {
        const int Events = 20_000;
        var map = await LoadAsync();
        await TakeAsync(map, 0, Events, perCommit: 100);

        map = isRestarted ? await LoadAsync() : map;

        map.Count.Should().Be(Events);
        map.LastEvent.Should().Be(new LoggedEvent(Id(Events - 1), Events - 1));
        map.Before(8).Should().Be(new LoggedEvent(Id(Events - 9), Events - 9));
        map.Contains(Id(Events - 1)).Should().BeTrue();
        map.Contains(Id(0)).Should().BeTrue();
        map.Contains(Id(Events)).Should().BeFalse();
        map.V0IdsOf(Id(0)).Should().Equal(V0Id(0));
        map.V0IdsOf(Id(Events - 1)).Should().Equal(V0Id(Events - 1));
    }

    [Fact]
    public async Task Before_NewestWithoutIds_IsTheLastThatHasOne()
    {
        var map = await LoadAsync();
        map.Before(0).Should().BeNull();
        map.Add(Id(0), "");
        for (var i = 0; i < 3 * 1_024; i++)
        {
            map.Add("", "");
        }

        map.Before(8).Should().Be(new LoggedEvent(Id(0), 0));
        map.Count.Should().Be(1 + (3 * 1_024));
        await map.CommitAsync([], 0, null, CancellationToken.None);
        (await LoadAsync()).Before(0).Should().Be(new LoggedEvent(Id(0), 0));
    }

    /// <summary>The server has lost the end of its log and counts anew: what it still has is no news, what it adds is.</summary>
    [Fact]
    public async Task RestartAsync_UntilTheNewLogIsRead_KnowsTheOldOne()
    {
        const int Events = 3_000;
        await TakeAsync(await LoadAsync(), 0, Events, perCommit: 100);
        var map = await LoadAsync();
        map.Restart();
        map.Count.Should().Be(0);
        map.Contains(Id(0)).Should().BeTrue();
        map.Add(Id(0), "");
        await map.CommitAsync([], 10_000, null, CancellationToken.None);

        var again = await LoadAsync(logHead: 10_000);
        again.Count.Should().Be(1);
        again.Contains(Id(Events / 2)).Should().BeTrue("a crash in the middle of it forgets nothing");
        again.Add(Id(1), "");
        again.EndRestart();
        await again.CommitAsync([], 10_000, null, CancellationToken.None);

        var ended = await LoadAsync(logHead: 10_000);
        ended.Count.Should().Be(2);
        ended.Contains(Id(Events / 2)).Should().BeFalse();
        ended.V0IdsOf(Id(0)).Should().Equal(V0Id(0));
        ended.V0IdsOf(Id(1)).Should().Equal(V0Id(1));
        new FileInfo(JournalPath).Length.Should().BeLessThan(1_000);
    }

    /// <summary>An action that is shown again gets another V0 id long after its own commit: that has a line of its own.</summary>
    [Fact]
    public async Task Relate_EventOfAnEarlierCommit_IsKeptWithoutANewEvent()
    {
        var map = await LoadAsync();
        await TakeAsync(map, 0, 3, perCommit: 1);
        map.Relate(Id(1), 50);
        map.UncommittedCount.Should().Be(1);
        await map.CommitAsync([], 50, null, CancellationToken.None);
        map.Relate(Id(0), 51);
        map.Add("an id like no other", "");
        map.Relate("an id like no other", 52);
        await map.CommitAsync([], 52, null, CancellationToken.None);

        var after = await LoadAsync();
        after.Count.Should().Be(4);
        after.V0IdsOf(Id(0)).Should().Equal(V0Id(0), 51);
        after.V0IdsOf(Id(1)).Should().Equal(V0Id(1), 50);
        after.V0IdsOf("an id like no other").Should().Equal(52);
        after.LastEvent.Should().Be(new LoggedEvent("an id like no other", 3));
    }

    [Fact]
    public async Task LoadAsync_JournalOfAnEarlierVersion_IsReadAndWrittenAnew()
    {
        var journal = TestStore.Journals(_store.Root).Open(TestStore.Key("c"), V1Map.JournalName);
        await journal.AppendAsync(
            [
                $$$"""{"seq":0,"v1":"{{{Id(0)}}}","at":"2026-11-24T10:00:00"}""",
                $$$"""{"seq":1,"v1":"{{{Id(1)}}}","ids":{"{{{Id(0)}}}":[4,5],"{{{Id(1)}}}":[6]},"head":6,"state":{"status":"idle"}}""",
                """{"seq":2,"v1":"no end"}""",
            ],
            CancellationToken.None);

        var map = await LoadAsync();
        map.Count.Should().Be(2);
        map.LastTimestamp.Should().Be("2026-11-24T10:00:00");
        map.V0IdsOf(Id(0)).Should().Equal(4, 5);
        map.V0IdsOf(Id(1)).Should().Equal(6);
    }

    /// <summary>Read once and in little memory: a line costs its text for a moment, and a few dozen bytes for good.</summary>
    [Fact]
    public async Task LoadAsync_LongLog_KeepsLittle()
    {
        const int Events = 20_000;
        await TakeAsync(await LoadAsync(), 0, Events, perCommit: 64, new JObject { ["metrics"] = new string('x', 500) });
        new FileInfo(JournalPath).Length.Should().BeLessThan(5_000_000);

        var maps = new List<V1Map>();
        var allocated = new List<long>();
        var kept = new List<long>();
        for (var measurement = 0; measurement < 3; measurement++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            maps.Add(await LoadAsync());
            kept.Add(GC.GetTotalMemory(forceFullCollection: true) - heap);
            allocated.Add(GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        maps.Should().OnlyContain(static map => map.Count == Events);

        // What earlier tests have left in the process, and buffers that are kept for the next reading, come and go beside it. What a map
        // holds is there each time.
        allocated.Min().Should().BeLessThan(30_000_000);
        kept.Min().Should().BeLessThan(3_000_000);
    }

    private static string Id(int number) => $"00000000-0000-4000-8000-{number:000000000000}";

    private static int V0Id(int number) => (2 * number) + 1;

    /// <summary>The events whose V0 ids are known.</summary>
    private static List<int> Known(V1Map map, int events)
    {
        map.Count.Should().Be(events);
        return [.. Enumerable.Range(0, events).Where(number => map.V0IdsOf(Id(number)).SequenceEqual([V0Id(number)]))];
    }

    private static async Task TakeAsync(V1Map map, int from, int until, int perCommit, JObject? snapshot = null)
    {
        for (var number = from; number < until; number++)
        {
            map.Add(Id(number), "2026-11-24T10:00:00");
            map.Relate(Id(number), V0Id(number));
            if ((number - from) % perCommit == perCommit - 1 || number == until - 1)
            {
                await map.CommitAsync((JObject)(snapshot ?? []).DeepClone(), V0Id(number), null, CancellationToken.None);
            }
        }
    }

    private async Task<V1Map> LoadAsync(int logHead = 100_000)
    {
        var map = new V1Map(TestStore.Journals(_store.Root).Open(TestStore.Key("c"), V1Map.JournalName));
        await map.LoadAsync(logHead, CancellationToken.None);
        return map;
    }
}
