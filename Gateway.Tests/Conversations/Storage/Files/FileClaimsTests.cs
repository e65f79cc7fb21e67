using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>Two processes' claims over one store.</summary>
public sealed class FileClaimsTests : IDisposable
{
    private static readonly ConversationKey s_key = KeyOf("c1");

    private readonly TempStore _root = TempStore.Empty();
    private readonly FakeTimeProvider _clock = new();
    private readonly CapturedLog _log = new();
    private readonly StorageThreads _threads;
    private readonly FileClaims _first;
    private readonly FileClaims _second;

    public FileClaimsTests()
    {
        var options = Options.Create(new FileStorageOptions { Root = _root.Root });
        var logs = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _threads = new StorageThreads(options, TimeProvider.System, logs.CreateLogger<StorageThreads>());
        _first = new FileClaims(options, _threads, _clock, logs.CreateLogger<FileClaims>());
        _second = new FileClaims(options, _threads, _clock, logs.CreateLogger<FileClaims>());
    }

    public void Dispose()
    {
        _threads.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task TakeAsync_WhatAnotherHas_AsksForItAndWaits()
    {
        var claim = await _first.TakeAsync(s_key, CancellationToken.None);
        (await IsWantedAsync(_first)).Should().BeFalse();

        var waiting = _second.TakeAsync(s_key, CancellationToken.None).AsTask();
        await Eventually.IsTrueAsync(() => IsWantedAsync(_first), "it is asked for");
        waiting.IsCompleted.Should().BeFalse();

        await claim.DisposeAsync();
        await using var taken = await ClockedAsync(waiting);
        (claim.WasElsewhere, taken.WasElsewhere, taken.IsHeld).Should().Be((false, true, true));

        (await IsWantedAsync(_second)).Should().BeFalse("nobody waits any more");
        _log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task TakeAsync_OfOtherConversationsAndUsers_DoesNotWait()
    {
        await using var claim = await _first.TakeAsync(s_key, CancellationToken.None);

        await using var other = await _second.TakeAsync(KeyOf("c2"), CancellationToken.None);
        await using var others = await _second.TakeAsync(s_key with { UserId = KeyOf("u").Id }, CancellationToken.None);

        (await IsWantedAsync(_first)).Should().BeFalse();
    }

    /// <summary>Two processes on one store do no harm to its events: better both than neither.</summary>
    [Fact]
    public async Task TakeAsync_WhatIsNeverGivenUp_GoesOnWithoutIt()
    {
        await using var claim = await _first.TakeAsync(s_key, CancellationToken.None);

        var waiting = _second.TakeAsync(s_key, CancellationToken.None).AsTask();
        await Eventually.IsTrueAsync(() => IsWantedAsync(_first), "it is asked for");
        var without = await ClockedAsync(waiting);
        (without.WasElsewhere, without.IsHeld).Should().Be((true, false));
        await without.DisposeAsync();

        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("still open in another process");
        (await IsWantedAsync(_first)).Should().BeFalse("nobody waits any more");
        var third = _second.TakeAsync(s_key, CancellationToken.None).AsTask();
        await Eventually.IsTrueAsync(() => IsWantedAsync(_first), "the first one's claim holds");
        await (await ClockedAsync(third)).DisposeAsync();
    }

    [Fact]
    public async Task TakeAsync_WhoeverWaitsGoes_IsNotWantedAnyMore()
    {
        await using var claim = await _first.TakeAsync(s_key, CancellationToken.None);
        using var leaving = new CancellationTokenSource();

        var waiting = _second.TakeAsync(s_key, leaving.Token).AsTask();
        await Eventually.IsTrueAsync(() => IsWantedAsync(_first), "it is asked for");
        await leaving.CancelAsync();

        await waiting.Awaiting(static task => task).Should().ThrowAsync<OperationCanceledException>();
        (await IsWantedAsync(_first)).Should().BeFalse();
    }

    [Fact]
    public async Task FindWantedAsync_WhatSomebodyHasLeftBehind_IsNotWanted()
    {
        await using var claim = await _first.TakeAsync(s_key, CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        var waiting = _second.TakeAsync(s_key, leaving.Token).AsTask();
        await Eventually.IsTrueAsync(() => IsWantedAsync(_first), "it is asked for");
        var file = Directory.GetFiles(_root.PathOf(FileClaims.Folder), "*.wanted").Should().ContainSingle().Subject;
        await leaving.CancelAsync();
        await waiting.Awaiting(static task => task).Should().ThrowAsync<OperationCanceledException>();

        await File.WriteAllTextAsync(file, "");
        (await IsWantedAsync(_first)).Should().BeTrue();
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromMinutes(1));

        (await IsWantedAsync(_first)).Should().BeFalse();
    }

    /// <summary>Two ids may be longer together than the name of a file.</summary>
    [Fact]
    public async Task TakeAsync_LongestIds_IsHeld()
    {
        var key = KeyOf(new string('c', 128)) with { UserId = KeyOf(new string('u', 128)).Id };

        await using var claim = await _first.TakeAsync(key, CancellationToken.None);

        claim.IsHeld.Should().BeTrue();
        _log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task Claims_GivenUp_LeaveNoFile()
    {
        for (var n = 0; n < 3; n++)
        {
            await (await _first.TakeAsync(s_key, CancellationToken.None)).DisposeAsync();
        }

        Directory.EnumerateFileSystemEntries(_root.PathOf(FileClaims.Folder)).Should().BeEmpty();
    }

    private static async Task<bool> IsWantedAsync(FileClaims claims) =>
        (await claims.FindWantedAsync([KeyOf("other"), s_key], CancellationToken.None)).SequenceEqual([s_key]);

    private static ConversationKey KeyOf(string id) =>
        ConversationId.TryParse(id, out var parsed) ? new ConversationKey(parsed) : throw new ArgumentException(id);

    /// <summary>Moves the clock on until the wait is over.</summary>
    private async Task<IConversationClaim> ClockedAsync(Task<IConversationClaim> waiting)
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(100));
                return waiting.IsCompleted;
            },
            "the wait ends");
        return await waiting;
    }
}
