using System.Buffers;
using System.Buffers.Text;
using System.Text;

using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>
/// Reads one direction of an HTTP/1.1 connection, piece by piece, beside the path of the bytes: what it cannot read it says so of, and
/// nobody else is touched. One owner.
/// </summary>
/// <param name="ofServer">Reads answers; else requests.</param>
/// <param name="maxBody">Larger bodies are passed over.</param>
internal sealed class HttpMessageReader(bool ofServer, int maxBody)
{
    private const int MaxHead = 64 * 1024;
    private const int MaxChunkLine = 1024;

    private ArrayBufferWriter<byte> _body = new();
    private HttpMessage? _head;
    private Step _step = Step.Head;
    private long _left;
    private long _size;
    private DateTimeOffset? _started;

    private enum Step
    {
        Head,
        Length,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailer,
        UntilEnd,
    }

    /// <summary>It is no HTTP/1.1, or none that can be read.</summary>
    public bool IsFailed { get; private set; }

    /// <summary>The next whole message; null when more bytes are needed, or never will do.</summary>
    /// <param name="time">When the newest bytes came.</param>
    /// <param name="answersHead">The answer is one to HEAD: it has no body, whatever its headers say.</param>
    public HttpMessage? TryRead(ByteQueue bytes, DateTimeOffset time, bool answersHead = false)
    {
        while (!IsFailed && (bytes.Count > 0 || (_head is not null && _step == Step.Length && _left == 0)))
        {
            _started ??= time;
            var count = bytes.Count;
            if (_step == Step.Head)
            {
                TryReadHead(bytes, answersHead);
            }
            else
            {
                ReadBody(bytes);
            }

            if (_head is not null && _step == Step.Length && _left == 0)
            {
                return Complete();
            }

            if (bytes.Count == count)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The connection has ended: so has a body that says no length.</summary>
    public HttpMessage? End() => _step == Step.UntilEnd ? Complete() : null;

    private HttpMessage Complete()
    {
        var isCut = _size > maxBody;
        var message = (_head ?? throw new InvalidOperationException("A message without its head.")) with
        {
            Body = isCut ? [] : _body.WrittenSpan.ToArray(),
            IsCut = isCut,
            Size = _size,
        };
        (_head, _step, _left, _size, _started) = (null, Step.Head, 0, 0, null);
        _body.ResetWrittenCount();
        if (_body.Capacity > MaxHead)
        {
            // An idle connection keeps nothing large.
            _body = new ArrayBufferWriter<byte>();
        }

        return message;
    }

    private void TryReadHead(ByteQueue bytes, bool answersHead)
    {
        var end = bytes.Bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            IsFailed = bytes.Count > MaxHead;
            return;
        }

        var lines = Encoding.Latin1.GetString(bytes.Bytes[..end]).Split("\r\n");
        bytes.Skip(end + 4);
        var words = lines[0].Split(' ');
        var isWhole = ofServer
            ? words.Length >= 2 && words[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            : words.Length == 3 && words[2].StartsWith("HTTP/1.", StringComparison.Ordinal);
        if (!isWhole)
        {
            IsFailed = true;
            return;
        }

        var headers = new List<HarHeader>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers.Add(new HarHeader(line[..colon], line[(colon + 1)..].Trim()));
            }
        }

        _head = new HttpMessage(ofServer ? words[1] : words[0], ofServer ? "" : words[1], headers, _started ?? default);
        BeginBody(_head, answersHead);
    }

    private void BeginBody(HttpMessage head, bool answersHead)
    {
        var isBodiless = ofServer && (answersHead || head.Status is (>= 100 and < 200) or 204 or 304);
        if (isBodiless)
        {
            (_step, _left) = (Step.Length, 0);
        }
        else if (head.Header("transfer-encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            _step = Step.ChunkSize;
        }
        else if (head.Header("content-length") is { } length)
        {
            _step = Step.Length;
            IsFailed = !long.TryParse(length, out _left) || _left < 0;
        }
        else
        {
            (_step, _left) = (ofServer ? Step.UntilEnd : Step.Length, 0);
        }
    }

    private void ReadBody(ByteQueue bytes)
    {
        switch (_step)
        {
            case Step.Length or Step.ChunkData:
                var taken = (int)Math.Min(bytes.Count, _left);
                Keep(bytes, taken);
                _left -= taken;
                _step = _step == Step.ChunkData && _left == 0 ? Step.ChunkEnd : _step;
                break;
            case Step.UntilEnd:
                Keep(bytes, bytes.Count);
                break;
            case Step.ChunkEnd when bytes.Count >= 2:
                bytes.Skip(2);
                _step = Step.ChunkSize;
                break;
            case Step.ChunkSize:
                ReadChunkSize(bytes);
                break;
            case Step.Trailer:
                var end = bytes.Bytes.IndexOf("\r\n"u8);
                if (end >= 0)
                {
                    bytes.Skip(end + 2);
                    (_step, _left) = (end == 0 ? Step.Length : Step.Trailer, 0);
                }

                break;
        }
    }

    private void ReadChunkSize(ByteQueue bytes)
    {
        var end = bytes.Bytes.IndexOf("\r\n"u8);
        if (end < 0)
        {
            IsFailed = bytes.Count > MaxChunkLine;
            return;
        }

        if (!Utf8Parser.TryParse(bytes.Bytes[..end], out long size, out var read, 'x') || read == 0 || size < 0)
        {
            IsFailed = true;
            return;
        }

        bytes.Skip(end + 2);
        (_step, _left) = (size == 0 ? Step.Trailer : Step.ChunkData, size);
    }

    private void Keep(ByteQueue bytes, int count)
    {
        _size += count;
        if (_size <= maxBody)
        {
            _body.Write(bytes.Bytes[..count]);
        }

        bytes.Skip(count);
    }
}
