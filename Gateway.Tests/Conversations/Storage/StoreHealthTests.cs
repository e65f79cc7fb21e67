using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>Whether the store works is known without asking it: also of one that gives no answer at all.</summary>
public sealed class StoreHealthTests : IAsyncLifetime, IDisposable, IStoreProbe
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _clock = new();
    private readonly StoreHealth _health;
    private readonly SemaphoreSlim _asked = new(0);
    private volatile Func<CancellationToken, Task> _answer = static _ => Task.CompletedTask;

    public StoreHealthTests() => _health = new StoreHealth(this, _clock);

    public async Task InitializeAsync()
    {
        await _health.StartAsync(CancellationToken.None);
        await AskedAsync();
    }

    public Task DisposeAsync() => _health.StopAsync(CancellationToken.None).WaitAsync(TestLimits.Step);

    public void Dispose()
    {
        _health.Dispose();
        _asked.Dispose();
    }

    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        var answering = _answer(cancellationToken);
        _asked.Release();
        await answering;
    }

    [Fact]
    public async Task Trouble_OfAStoreThatFails_BeginsWithTheFirstFailureAndEndsAtOnce()
    {
        await WorksAsync();
        _answer = static _ => Task.FromException(new StorageException(StorageFailure.Unavailable, "the store cannot be reached"));
        var began = _clock.GetUtcNow() + s_interval;
        for (var n = 0; n < 3; n++)
        {
            await LookAsync();
        }

        await Eventually.IsTrueAsync(() => _health.Trouble?.Problem == "the store cannot be reached", "it is said why");
        _health.Trouble.Should().Be(new StoreTrouble(began, 2 * s_interval, "the store cannot be reached"));
        _answer = static _ => Task.CompletedTask;
        await LookAsync();
        await WorksAsync();
    }

    [Fact]
    public async Task Trouble_OfAStoreThatHangs_IsKnownBeforeItAnswers()
    {
        await WorksAsync();
        var hangs = new TaskCompletionSource();
        _answer = _ => hangs.Task;
        await LookAsync();

        _clock.Advance(TimeSpan.FromSeconds(2));

        _health.Trouble!.Lasts.Should().Be(TimeSpan.FromSeconds(2));
        _health.Trouble.Problem.Should().Be("the store did not answer in time");
    }

    private async Task LookAsync()
    {
        await _clock.TimerSetAsync(s_interval);
        _clock.Advance(s_interval);
        await AskedAsync();
    }

    private Task WorksAsync() => Eventually.IsTrueAsync(() => _health.Trouble is null, "the store works");

    private async Task AskedAsync() => (await _asked.WaitAsync(TestLimits.Step)).Should().BeTrue();
}
