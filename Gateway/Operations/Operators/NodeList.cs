using System.Diagnostics.CodeAnalysis;

using Gateway.Conversations.Storage;

namespace Gateway.Operations.Operators;

/// <summary>
/// The gateways that share the store. The store is asked at most every five seconds, and waited for two; while it is away they are as they
/// were. Any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never made: nothing to dispose.")]
internal sealed class NodeList(IServiceProvider services, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_validFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _asking = new(1);
    private readonly INodeTable? _table = services.GetService<INodeTable>();
    private IReadOnlyList<NodeView> _last = [new NodeView("this", true, true)];
    private long _askedAt;

    public async ValueTask<IReadOnlyList<NodeView>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_table is null || !await _asking.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return Volatile.Read(ref _last);
        }

        try
        {
            if (_askedAt == 0 || timeProvider.GetElapsedTime(_askedAt) >= s_validFor)
            {
                _askedAt = timeProvider.GetTimestamp();
                var others = await _table.ListAsync(cancellationToken).AsTask().WaitAsync(s_limit, timeProvider, cancellationToken);
                Volatile.Write(
                    ref _last,
                    [
                        new NodeView(_table.Node, true, true),
                        .. others.Where(other => other.Name != _table.Node)
                            .Select(static other => new NodeView(other.Name, false, other.IsFresh)),
                    ]);
            }
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // The store says by itself what is wrong with it.
        }
        finally
        {
            _asking.Release();
        }

        return Volatile.Read(ref _last);
    }
}
