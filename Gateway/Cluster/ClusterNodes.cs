using System.Collections.Concurrent;

using Gateway.Conversations.Storage;
using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.Cluster;

/// <summary>
/// Where the other gateways are: announces this one again and again, and remembers what the store says of the others. While the store is
/// away they stay as they were. The host starts and stops it; <see cref="FindAsync"/> from any thread.
/// </summary>
internal sealed partial class ClusterNodes(
    INodeTable table, IOptions<ClusterOptions> options, ClusterKeys keys, TimeProvider timeProvider, ILogger<ClusterNodes> logger)
    : BackgroundService, IHostedLifecycleService
{
    // With the store's own measure of freshness (8 s) a gateway that has stopped without a word is found out after 10 to 14 s.
    private const int SilentLooksUntilGone = 3;

    // Names of gateways that were there once. Each is a start of a program: it takes years to get there.
    private const int MaxGone = 10_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_lookLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_goodbyeLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, ClusterNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _gone = new(StringComparer.Ordinal);

    // One look at a time, and with it what it changes.
    private readonly SemaphoreSlim _looking = new(1);

    /// <summary>This gateway.</summary>
    public string Own => table.Node;

    /// <summary>Before the server listens, so that no other one gets a sid of an unknown gateway.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(isAnnounced: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// A gateway that some sid has named; null when it is gone. A name that is not known is asked for once: a gateway is in the store
    /// before it makes sids, so one that is not there will not come.
    /// </summary>
    public async ValueTask<ClusterNode?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (_nodes.TryGetValue(name, out var known) || _gone.ContainsKey(name))
        {
            return known;
        }

        try
        {
            return await AskForAsync(name, cancellationToken).WaitAsync(s_lookLimit, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The store is away, and has said why.
            return null;
        }
    }

    /// <summary>
    /// Whether a gateway that could not be reached is gone, as the store says it now: it may have said goodbye since the last look.
    /// </summary>
    public async ValueTask<bool> IsGoneAsync(ClusterNode node)
    {
        try
        {
            await LookAsync(isAnnounced: false, CancellationToken.None).WaitAsync(s_lookLimit);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The store is away, and has said why.
        }

        return !_nodes.ContainsKey(node.Name);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// When all sessions have been told to end (the host stops its services in the opposite order of their registration), and before the
    /// server closes: nobody is to knock at a closed door.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        try
        {
            await table.ForgetAsync(cancellationToken).AsTask().WaitAsync(s_goodbyeLimit, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or OperationCanceledException)
        {
            // The others find out by its silence.
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        base.Dispose();
        _looking.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not at the same moment as everybody else.
        var untilSweep = Jitter.Around(s_sweepInterval);
        try
        {
            while (true)
            {
                var pause = Jitter.Around(s_interval);
                await Task.Delay(pause, timeProvider, stoppingToken);
                try
                {
                    await LookAsync(isAnnounced: true, stoppingToken);
                    untilSweep -= pause;
                    if (untilSweep < TimeSpan.Zero)
                    {
                        untilSweep = Jitter.Around(s_sweepInterval);
                        await table.SweepAsync(stoppingToken);
                    }
                }
                catch (IOException)
                {
                    // It has been said why; the next one does the same.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private async Task<ClusterNode?> AskForAsync(string name, CancellationToken cancellationToken)
    {
        await LookAsync(isAnnounced: false, cancellationToken, unlessKnown: name);
        return _nodes.GetValueOrDefault(name);
    }

    /// <param name="isAnnounced">Whether this gateway says that it is there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="unlessKnown">A name that a look before this one may have decided about; it is decided afterwards.</param>
    private async Task LookAsync(bool isAnnounced, CancellationToken cancellationToken, string? unlessKnown = null)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            if (unlessKnown is not null && (_nodes.ContainsKey(unlessKnown) || _gone.ContainsKey(unlessKnown)))
            {
                return;
            }

            Take(isAnnounced
                ? await table.AnnounceAsync(options.Value.Address, keys.Mark, cancellationToken)
                : await table.ListAsync(cancellationToken));
            if (unlessKnown is not null && !_nodes.ContainsKey(unlessKnown))
            {
                Forget(unlessKnown);
            }
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>
    /// What the store says. One that is silent stays for some looks: when the store itself was away, all are silent until each has been
    /// heard again.
    /// </summary>
    private void Take(IReadOnlyList<StoredNode> stored)
    {
        foreach (var node in stored.Where(static node => node.IsFresh))
        {
            _gone.TryRemove(node.Name, out _);
            if (!_nodes.TryGetValue(node.Name, out var known))
            {
                known = _nodes[node.Name] = new ClusterNode(node.Name, node.Address);
                if (node.SecretMark.Length > 0 && node.SecretMark != keys.Mark)
                {
                    Log.HasAnotherSecret(logger, node.Address);
                }
            }

            known.SilentLooks = 0;
        }

        var silent = stored.Where(static node => !node.IsFresh).Select(static node => node.Name).ToHashSet(StringComparer.Ordinal);
        var present = stored.Select(static node => node.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, node) in _nodes)
        {
            if (!present.Contains(name) || (silent.Contains(name) && ++node.SilentLooks >= SilentLooksUntilGone))
            {
                _nodes.TryRemove(name, out _);
                Forget(name);
                node.End();
            }
        }
    }

    private void Forget(string name)
    {
        if (_gone.Count >= MaxGone)
        {
            _gone.Clear();
        }

        _gone[name] = true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error,
            "The gateway at {PeerAddress} (its Cluster:Address) has another Cluster:Secret: polling clients whose requests come to the wrong "
            + "one of the two are told that their session is unknown. Give all gateways the same secret.")]
        public static partial void HasAnotherSecret(ILogger logger, string peerAddress);
    }
}
