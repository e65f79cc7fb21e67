using System.Text;

namespace Gateway.Tests.Support;

/// <summary>
/// A message in Protocol Buffers' wire format, of which the fields that hold bytes are read: texts, messages, ids. Immutable.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public ProtobufMessage(ReadOnlyMemory<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var tag = ReadNumber(bytes.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    ReadNumber(bytes.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)ReadNumber(bytes.Span, ref at);
                    _fields.Add(((int)(tag >> 3), bytes.Slice(at, length)));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int field) =>
        _fields.Where(known => known.Field == field).Select(static known => new ProtobufMessage(known.Bytes));

    /// <summary>Empty when the field is absent.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(BytesOf(field).Span);

    /// <summary>Empty when the field is absent.</summary>
    public string Hex(int field) => Convert.ToHexStringLower(BytesOf(field).Span);

    private ReadOnlyMemory<byte> BytesOf(int field) => _fields.FirstOrDefault(known => known.Field == field).Bytes;

    private static ulong ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }

            shift += 7;
        }
    }
}
