using System.Buffers;

using Gateway.EngineIO.Admission;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Decides from the first bytes of a connection whether they are the whole head of a WebSocket request that an endpoint accepts, and then
/// has it served. What is decided about the request itself is decided in <c>Admission</c>, as for a request that comes through Kestrel's
/// HTTP. One instance for the process; any thread.
/// </summary>
internal sealed class ConnectionDispatcher(EndpointMap endpoints, HostingRules rules, RequestHead head)
{
    private readonly ObjectPool<HandshakeContext> _contexts = ObjectPool.Create<HandshakeContext>();

    /// <summary>
    /// The serving of the connection, which completes as soon as the session has begun, with the task of its whole run; null when nothing
    /// has been done.
    /// </summary>
    /// <param name="connection">Its input has been read and not advanced since, or its socket was looked at.</param>
    /// <param name="bytes">What has arrived.</param>
    /// <param name="status">What the bytes are.</param>
    public Task<Task>? TryServe(ConnectionContext connection, ReadOnlySequence<byte> bytes, out HeadStatus status)
    {
        var handshake = _contexts.Get();
        status = TryRead(bytes, handshake, out var length);
        if (status == HeadStatus.Whole && endpoints.Find(handshake.Request.Path) is { } endpoint)
        {
            handshake.Attach(connection, bytes.Slice(0, length));
            if (rules.TryApply(handshake.Http) && endpoint.TryServeWebSocket(handshake.Http) is { } serving)
            {
                return serving.IsCompletedSuccessfully ? Return(handshake, serving) : ReturnAfterAsync(handshake, serving);
            }
        }

        _contexts.Return(handshake);
        return null;
    }

    private HeadStatus TryRead(in ReadOnlySequence<byte> bytes, HandshakeContext handshake, out int length)
    {
        var looked = bytes.Slice(0, Math.Min(bytes.Length, RequestHead.MaxLength));
        if (looked.IsSingleSegment)
        {
            return head.TryRead(looked.FirstSpan, handshake.Request, out length);
        }

        var block = ArrayPool<byte>.Shared.Rent(RequestHead.MaxLength);
        try
        {
            looked.CopyTo(block);
            return head.TryRead(block.AsSpan(0, (int)looked.Length), handshake.Request, out length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }
    }

    private Task<Task> Return(HandshakeContext handshake, Task<Task> serving)
    {
        _contexts.Return(handshake);
        return serving;
    }

    private async Task<Task> ReturnAfterAsync(HandshakeContext handshake, Task<Task> serving)
    {
        var run = await serving;
        _contexts.Return(handshake);
        return run;
    }
}
