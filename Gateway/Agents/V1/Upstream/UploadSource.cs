using System.Runtime.ExceptionServices;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// What is sent to the server as it is read: remembers why reading failed, so that this is not taken for the server's fault, and gives the
/// server a limit of time for each part and for its answer, in which the reading does not count. The stream within stays its owner's, and
/// open. Used for one call.
/// </summary>
internal sealed class UploadSource(Stream content, CancellationTokenSource expiry, TimeSpan limit) : Stream
{
    private ExceptionDispatchInfo? _failure;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Throws what reading threw.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        expiry.CancelAfter(Timeout.InfiniteTimeSpan);
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
        finally
        {
            expiry.CancelAfter(limit);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
