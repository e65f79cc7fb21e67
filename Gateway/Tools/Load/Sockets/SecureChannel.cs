using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks.Sources;

namespace Gateway.Tools.Load.Sockets;

/// <summary>
/// TLS over a client's socket. .NET's own TLS stream reads from a stream that waits for the loop's word, so that all of it runs on the
/// loop's thread and a client at rest holds no buffer. Belongs to its client.
/// </summary>
[SuppressMessage("Reliability", "CA2213", Justification = "The socket is the client's, and the inner stream the TLS stream's.")]
internal sealed class SecureChannel : IDisposable
{
    private readonly LoadClient _client;
    private readonly ILoadClientOwner _owner;
    private readonly Inner _inner;
    private readonly SslStream _stream;

    public SecureChannel(LoadClient client, Socket socket, ILoadClientOwner owner)
    {
        _client = client;
        _owner = owner;
        _inner = new Inner(client, socket);
        _stream = new SslStream(_inner, leaveInnerStreamOpen: false);
    }

    public void Start() => _ = RunAsync();

    public void OnReadable() => _inner.OnReadable();

    public void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Dispose() => _inner.Close();

    [SuppressMessage("Security", "CA5359", Justification = "A user's own test server may have no certificate that anybody knows.")]
    private async Task RunAsync()
    {
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = _owner.HostName };
            if (_owner.IsInsecure)
            {
                options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
            }

            await _stream.AuthenticateAsClientAsync(options, CancellationToken.None);
            _client.OnSecured();
            while (true)
            {
                // Nothing is rented while nothing comes.
                _ = await _stream.ReadAsync(Memory<byte>.Empty);
                var count = await _stream.ReadAsync(_owner.Buffer.AsMemory(LoadClient.LongestRest));
                if (count == 0)
                {
                    _client.End("the server closed the connection");
                    return;
                }

                _client.OnBytes(count);
                if (_client.State == ClientState.Away)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or ObjectDisposedException)
        {
            _client.End(exception is AuthenticationException ? $"tls: {exception.Message}" : exception.Message);
        }
    }

    /// <summary>The bytes below TLS: a read waits until the loop says that there is something.</summary>
    private sealed class Inner(LoadClient client, Socket socket) : Stream, IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _read;
        private Memory<byte> _waiting;
        private bool _isWaiting;
        private bool _isClosed;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void OnReadable()
        {
            if (!_isWaiting)
            {
                return;
            }

            var count = 0;
            if (!_waiting.IsEmpty)
            {
                count = socket.Receive(_waiting.Span, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock)
                {
                    return;
                }

                if (error != SocketError.Success)
                {
                    Finish(new IOException(new SocketException((int)error).Message));
                    return;
                }
            }

            _isWaiting = false;
            _read.SetResult(count);
        }

        public override void Close()
        {
            _isClosed = true;
            if (_isWaiting)
            {
                Finish(new ObjectDisposedException(nameof(SecureChannel)));
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (!buffer.IsEmpty)
            {
                var count = socket.Receive(buffer.Span, SocketFlags.None, out var error);
                if (error == SocketError.Success)
                {
                    return new ValueTask<int>(count);
                }

                if (error != SocketError.WouldBlock)
                {
                    throw new IOException(new SocketException((int)error).Message);
                }
            }

            _read.Reset();
            (_waiting, _isWaiting) = (buffer, true);
            return new ValueTask<int>(this, _read.Version);
        }

        public override void Write(ReadOnlySpan<byte> buffer) => client.SendBytes(buffer);

        public override void Write(byte[] buffer, int offset, int count) => client.SendBytes(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            client.SendBytes(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
            // What is written is sent at once.
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public int GetResult(short token) => _read.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _read.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _read.OnCompleted(continuation, state, token, flags);

        private void Finish(Exception exception)
        {
            _isWaiting = false;
            _read.SetException(exception);
        }
    }
}
