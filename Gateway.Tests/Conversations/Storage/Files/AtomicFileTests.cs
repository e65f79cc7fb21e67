using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class AtomicFileTests : IDisposable
{
    private const int Writers = 4;
    private const int Rounds = 500;

    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TryCreate_ManyAtOnceInAMissingDirectory_OneCreatesAndNoneFails(bool isSynced)
    {
        using var together = new Barrier(Writers);
        var created = await Task.WhenAll(Enumerable.Range(0, Writers)
            .Select(_ => Task.Factory.StartNew(() => CreateAll(together, isSynced), TaskCreationOptions.LongRunning)));

        created.Sum().Should().Be(Rounds);
    }

    /// <summary>A file in a directory of its own in each round, which begins for all writers at once; how many of them were free.</summary>
    private int CreateAll(Barrier together, bool isSynced)
    {
        try
        {
            return Enumerable.Range(0, Rounds).Count(round =>
            {
                var directory = _root.PathOf("sessions", $"c{round}");
                together.SignalAndWait(TestLimits.Step);
                return AtomicFile.TryCreate(
                    directory, Path.Join(directory, "metadata.json"), "{}"u8, isSynced ? Durability.Fsync : Durability.Os);
            });
        }
        finally
        {
            together.RemoveParticipant();
        }
    }
}
