using System.Buffers;
using System.IO.Pipelines;

using Microsoft.AspNetCore.ResponseCompression;

namespace Gateway.EngineIO.Polling;

/// <summary>
/// An answer's body that is compressed on its way to the client; each flush brings what was written so far. Owned by the poll that answers.
/// </summary>
internal sealed class CompressedBody : IAsyncDisposable
{
    private readonly Sink _sink;
    private readonly Stream _compressor;

    public CompressedBody(PipeWriter output, ICompressionProvider encoding)
    {
        _sink = new Sink(output);
        _compressor = encoding.CreateStream(_sink);
        Writer = PipeWriter.Create(_compressor, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeWriter Writer { get; }

    /// <summary>Bytes that the client was sent.</summary>
    public long Length => _sink.Written;

    /// <summary>Writes the end. False when the connection went away: what was written may be lost.</summary>
    public async ValueTask<bool> CompleteAsync()
    {
        await Writer.CompleteAsync();
        await _compressor.DisposeAsync();
        return !_sink.IsGone;
    }

    public async ValueTask DisposeAsync()
    {
        // After a failure there may be no way for what a compressor writes at its end.
        _sink.CutOff();
        await Writer.CompleteAsync();
        await _compressor.DisposeAsync();
    }

    /// <summary>Writes to a pipe, counts, and keeps whether its reader has gone: a stream has no word for that.</summary>
    private sealed class Sink(PipeWriter output) : Stream
    {
        private bool _isCutOff;

        public long Written { get; private set; }

        public bool IsGone { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>What is written from now on goes nowhere.</summary>
        public void CutOff() => _isCutOff = true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isCutOff || IsGone)
            {
                return;
            }

            // Written and flushed in one call, it would not be said that the client has gone.
            Written += buffer.Length;
            output.Write(buffer.Span);
            var flush = await output.FlushAsync(cancellationToken);
            IsGone = flush.IsCompleted || flush.IsCanceled;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous writes.");

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
            // What is written is on its way.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
