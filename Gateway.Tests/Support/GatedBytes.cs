using System.Buffers;

namespace Gateway.Tests.Support;

/// <summary>Bytes that nobody can look at before a gate is open: a blocking call that is given them hangs. Any thread.</summary>
internal sealed class GatedBytes(ReadOnlyMemory<byte> bytes, ManualResetEventSlim gate) : MemoryManager<byte>
{
    private readonly byte[] _bytes = bytes.ToArray();
    private readonly TaskCompletionSource _isWaitedFor = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody has come to the gate.</summary>
    public Task IsWaitedFor => _isWaitedFor.Task.WaitAsync(TestLimits.Step);

    // Not Memory, which looks.
    public ReadOnlyMemory<byte> Unseen => CreateMemory(_bytes.Length);

    public override Span<byte> GetSpan()
    {
        _isWaitedFor.TrySetResult();
        gate.Wait();
        return _bytes;
    }

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin() => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // The gate is the test's.
    }
}
