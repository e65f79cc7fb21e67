namespace Gateway.EngineIO.Admission;

/// <summary>
/// What one buffer or queue holds of the <see cref="InboundBudget"/>. Its owner disposes of it with the memory that it stands for, and
/// may then use it again. Not thread-safe: the owner's rule is its rule.
/// </summary>
internal sealed class InboundHold(InboundBudget budget) : IDisposable
{
    private long _bytes;

    /// <summary>Holds so many bytes more. False, and nothing has changed, when the budget is spent.</summary>
    public bool TryGrow(long bytes)
    {
        if (!budget.TryReserve(bytes))
        {
            return false;
        }

        _bytes += bytes;
        return true;
    }

    /// <summary>Gives back a part of what it holds.</summary>
    public void Shrink(long bytes)
    {
        _bytes -= bytes;
        budget.Release(bytes);
    }

    /// <summary>Gives back all that it holds.</summary>
    public void Dispose()
    {
        budget.Release(_bytes);
        _bytes = 0;
    }
}
