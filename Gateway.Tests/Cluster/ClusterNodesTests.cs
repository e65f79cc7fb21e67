using System.Diagnostics.CodeAnalysis;

using Gateway.Cluster;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Cluster;

[SuppressMessage("Design", "CA1001", Justification = "DisposeAsync disposes of it, which the test's owner calls.")]
public sealed class ClusterNodesTests : IAsyncLifetime
{
    private static readonly StoredNode s_other = new("other", "http://127.0.0.1:1", "", IsFresh: true);

    private static readonly IOptions<ClusterOptions> s_options =
        Options.Create(new ClusterOptions { Address = "http://own", Secret = new string('s', 32) });

    private readonly FakeTable _table = new();
    private readonly ClusterKeys _keys = new(s_options);
    private readonly CapturedLog _log = new();
    private readonly ClusterNodes _nodes;
    private int _looks;

    // Its own looks go by a clock that stands still.
    public ClusterNodesTests() => _nodes = new ClusterNodes(
        _table, s_options, _keys, new FakeTimeProvider(), LoggerFactory.Create(log => log.AddProvider(_log)).CreateLogger<ClusterNodes>());

    public async Task InitializeAsync()
    {
        _table.Stored = [s_other];
        await _nodes.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _nodes.StopAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        _nodes.Dispose();
    }

    [Fact]
    public async Task Start_WithOthers_AnnouncesAndKnowsThem()
    {
        _table.Announced.Should().Equal("http://own");
        (await FindAsync("other"))?.Address.Should().Be(s_other.Address);
        _table.Looks.Should().Be(1);
    }

    [Fact]
    public async Task Find_AGatewayThatHasStartedSince_IsAskedForAndFound()
    {
        _table.Stored = [s_other, s_other with { Name = "newer" }];

        (await FindAsync("newer")).Should().NotBeNull();
    }

    [Fact]
    public async Task Look_AtAGatewayWithAnotherSecret_SaysSoOnce()
    {
        var another = new ClusterKeys(Options.Create(new ClusterOptions { Secret = new string('t', 32) }));
        _table.Stored =
        [
            s_other with { Name = "same", SecretMark = _keys.Mark },
            s_other with { Name = "older program", SecretMark = "" },
            s_other with { Name = "different", Address = "http://different", SecretMark = another.Mark },
        ];

        await LookAsync();
        await LookAsync();

        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("http://different").And.Contain("another Cluster:Secret");
    }

    [Fact]
    public async Task Find_AGatewayThatIsGone_IsAskedForOnce()
    {
        var found = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => FindAsync("dead")));

        found.Should().OnlyContain(static node => node == null);
        _table.Looks.Should().Be(2);
    }

    [Fact]
    public async Task Look_AGatewayThatHasSaidGoodbye_EndsItAtOnce()
    {
        var other = await FindAsync("other");
        _table.Stored = [];
        await LookAsync();

        (await FindAsync("other")).Should().BeNull();
        await EndedAsync(other);
    }

    [Fact]
    public async Task Look_AGatewayThatIsSilent_EndsItAtTheThird()
    {
        var other = await FindAsync("other");
        _table.Stored = [s_other with { IsFresh = false }];
        await LookAsync();
        await LookAsync();
        (await FindAsync("other")).Should().BeSameAs(other, "the store may have been away, and all are silent then");

        _table.Stored = [s_other];
        await LookAsync();
        _table.Stored = [s_other with { IsFresh = false }];
        await LookAsync();
        await LookAsync();
        (await FindAsync("other")).Should().BeSameAs(other, "it was heard in between");

        await LookAsync();
        (await FindAsync("other")).Should().BeNull();
        await EndedAsync(other);

        _table.Stored = [s_other];
        await LookAsync();
        (await FindAsync("other")).Should().NotBeNull("it was only paused");
    }

    [Fact]
    public async Task Look_WhileTheStoreIsAway_ChangesNothing()
    {
        var other = await FindAsync("other");
        _table.IsAway = true;

        (await FindAsync("unknown")).Should().BeNull();
        (await FindAsync("other")).Should().BeSameAs(other);

        _table.IsAway = false;
        _table.Stored = [s_other, s_other with { Name = "unknown" }];
        (await FindAsync("unknown")).Should().NotBeNull("nobody has said that it is gone");
    }

    [Fact]
    public async Task Stop_OfTheGateway_SaysGoodbye()
    {
        await _nodes.StoppingAsync(CancellationToken.None).WaitAsync(TestLimits.Step);

        _table.IsForgotten.Should().BeTrue();
    }

    private static Task EndedAsync(ClusterNode? node) =>
        Eventually.IsTrueAsync(() => node?.Gone.IsCancellationRequested == true, "what is under way to it ends");

    private Task<ClusterNode?> FindAsync(string name) =>
        _nodes.FindAsync(name, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    /// <summary>A name that nobody knows is looked for.</summary>
    private Task<ClusterNode?> LookAsync() => FindAsync($"unknown {_looks++}");

    private sealed class FakeTable : INodeTable
    {
        private int _looks;

        public string Node => "own";

        public IReadOnlyList<StoredNode> Stored { get; set; } = [];

        public bool IsAway { get; set; }

        public List<string> Announced { get; } = [];

        public bool IsForgotten { get; private set; }

        public int Looks => _looks;

        public ValueTask<IReadOnlyList<StoredNode>> AnnounceAsync(string address, string secretMark, CancellationToken cancellationToken)
        {
            Announced.Add(address);
            return ListAsync(cancellationToken);
        }

        public async ValueTask<IReadOnlyList<StoredNode>> ListAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _looks);
            await Task.Yield();
            return IsAway ? throw new StorageException(StorageFailure.Unavailable, "away") : Stored;
        }

        public ValueTask ForgetAsync(CancellationToken cancellationToken)
        {
            IsForgotten = true;
            return ValueTask.CompletedTask;
        }

        public ValueTask SweepAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
