using Gateway.EngineIO.Admission;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO.Namespaces;

/// <summary>What became of an attachment that was given to a <see cref="BinaryAssembly"/>.</summary>
internal enum AttachmentStatus
{
    /// <summary>Kept, or dropped because nobody wants the packet any more.</summary>
    Taken,

    /// <summary>The packet would grow beyond <see cref="SocketIOOptions.MaxBinaryBytes"/>.</summary>
    TooLarge,

    /// <summary>All clients together hold as much in unfinished messages as they may.</summary>
    BudgetSpent,
}

/// <summary>
/// A BINARY_EVENT or BINARY_ACK whose attachments are arriving (Socket.IO 5, "Sending and receiving binary data"). The read path makes it
/// and adds to it. It may be disposed of from any thread: by its socket's leaving, or by its timer, when the next attachment takes longer
/// than <see cref="SocketIOOptions.AttachmentTimeout"/>.
/// </summary>
internal sealed class BinaryAssembly : IDisposable
{
    private readonly Lock _lock = new();
    private readonly InboundHold _hold;
    private readonly SocketIOOptions _options;
    private readonly Action _timedOut;
    private readonly ITimer _timer;
    private List<ReadOnlyMemory<byte>>? _attachments = [];
    private ReadOnlyMemory<byte> _arguments;
    private long _bytes;

    /// <param name="header">The packet that announced the attachments; its memory is not kept.</param>
    /// <param name="timedOut">Called once, by the timer, when the client took too long.</param>
    public BinaryAssembly(in SocketPacket header, SocketServer server, Action timedOut)
    {
        Header = header with { Payload = default };
        _hold = new InboundHold(server.InboundBudget);
        _options = server.Options;
        _timedOut = timedOut;
        _timer = server.TimeProvider.CreateTimer(
            static state => ((BinaryAssembly)state!).TimeOut(), this, _options.AttachmentTimeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The header without its payload, which points into memory that is gone.</summary>
    public SocketPacket Header { get; }

    /// <summary>Keeps the arguments, in memory of their own. Called once, first.</summary>
    public AttachmentStatus TryAddArguments(ReadOnlyMemory<byte> arguments)
    {
        lock (_lock)
        {
            var status = TryHold(arguments.Length);
            _arguments = status == AttachmentStatus.Taken ? arguments : default;
            return status;
        }
    }

    /// <summary>Copies an attachment; the client has as long again for the next.</summary>
    public AttachmentStatus TryAdd(ReadOnlySpan<byte> attachment)
    {
        lock (_lock)
        {
            if (_attachments is null)
            {
                return AttachmentStatus.Taken;
            }

            var status = TryHold(attachment.Length);
            if (status == AttachmentStatus.Taken)
            {
                _attachments.Add(attachment.ToArray());
                _timer.Change(_options.AttachmentTimeout, Timeout.InfiniteTimeSpan);
            }

            return status;
        }
    }

    /// <summary>The whole packet, which is the caller's from here on; false when it was dropped.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> arguments, out IReadOnlyList<ReadOnlyMemory<byte>> attachments)
    {
        lock (_lock)
        {
            arguments = _arguments;
            attachments = _attachments ?? [];
            var isWhole = _attachments is not null;
            Drop();
            return isWhole;
        }
    }

    /// <summary>Nobody wants the packet any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Drop();
        }
    }

    private AttachmentStatus TryHold(int bytes)
    {
        _bytes += bytes;
        return _bytes > _options.MaxBinaryBytes ? AttachmentStatus.TooLarge
            : _hold.TryGrow(bytes) ? AttachmentStatus.Taken
            : AttachmentStatus.BudgetSpent;
    }

    private void Drop()
    {
        _attachments = null;
        _arguments = default;
        _hold.Dispose();
        _timer.Dispose();
    }

    private void TimeOut()
    {
        bool isUnfinished;
        lock (_lock)
        {
            isUnfinished = _attachments is not null;
            Drop();
        }

        if (isUnfinished)
        {
            _timedOut();
        }
    }
}
