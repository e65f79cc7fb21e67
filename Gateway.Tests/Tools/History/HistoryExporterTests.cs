using Gateway.Tests.Support;
using Gateway.Tools.History;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.History;

/// <summary>What is counted as written is there.</summary>
public sealed class HistoryExporterTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();
    private readonly HistoryReport _report = new(static (_, _) => { });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WriteStore_FolderThatIsLostMeanwhile_CountsNothingAsDone()
    {
        var store = _folder.PathOf("store");
        IV1Log[] logs = [new Spoken(static () => { }), new Spoken(LoseFolder)];

        var write = () => new HistoryExporter(_report, TimeProvider.System).WriteStoreAsync(logs, store, CancellationToken.None);

        await write.Should().ThrowAsync<IOException>();
        (_report.Done, _report.SourceEvents, _report.TargetEvents).Should().Be((0, 0, 0));

        void LoseFolder()
        {
            Directory.Delete(store + ".tmp", recursive: true);
            File.WriteAllText(store + ".tmp", "");
        }
    }

    [Fact]
    public async Task WriteTrajectory_PlaceThatIsTakenMeanwhile_CountsNothingAsDone()
    {
        var path = _folder.PathOf("t.json");
        var log = new Spoken(() => File.WriteAllText(path, ""));

        var write = () => new HistoryExporter(_report, TimeProvider.System).WriteTrajectoryAsync(log, path, CancellationToken.None);

        await write.Should().ThrowAsync<IOException>();
        (_report.Done, _report.SourceEvents, _report.TargetEvents).Should().Be((0, 0, 0));
    }

    [Fact]
    public async Task WriteStore_Conversations_AreCountedAndThere()
    {
        IV1Log[] logs = [new Spoken(static () => { }), new Spoken(static () => { })];

        await new HistoryExporter(_report, TimeProvider.System).WriteStoreAsync(logs, _folder.PathOf("store"), CancellationToken.None);

        _report.Done.Should().Be(2);
        Directory.EnumerateDirectories(_folder.PathOf("store", "sessions")).Should().HaveCount(2);
    }

    /// <summary>The recorded conversation <c>hello</c> under an id of its own; does something when it has been read.</summary>
    private sealed class Spoken(Action whenRead) : IV1Log
    {
        private readonly FolderLog _recorded = new(Directory.EnumerateDirectories(
            Repository.PathOf("protocol-fixtures", "v1", "hello", "store-after")).Single());

        public Guid Id { get; } = Guid.NewGuid();

        public string? Title => null;

        public DateTimeOffset? Created => null;

        public async Task<DoorAnswer> ReadAsync(Action<JObject> take, CancellationToken cancellationToken)
        {
            var answer = await _recorded.ReadAsync(take, cancellationToken);
            whenRead();
            return answer;
        }
    }
}
