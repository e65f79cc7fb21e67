using System.Buffers;

using Gateway.Primitives;
using Gateway.SocketIO.Protocol;

namespace Gateway.SocketIO;

/// <summary>Makes single <see cref="PreparedEvent"/>s; a sender that has many uses <see cref="PreparedEventBatch"/>. Any thread.</summary>
internal static class PreparedEvents
{
    // 2["name",argument]
    private const int Brackets = 4;

    /// <summary>An event with one argument: a JSON value in UTF-8, given in up to three pieces to be spliced.</summary>
    public static PreparedEvent Create(
        string eventName, ReadOnlySpan<byte> json, ReadOnlySpan<byte> json2 = default, ReadOnlySpan<byte> json3 = default)
    {
        var packet = new ExactBuffer(Brackets + JsonText.GetLength(eventName) + json.Length + json2.Length + json3.Length);
        WriteHead(eventName, packet);
        packet.Write(json);
        packet.Write(json2);
        packet.Write(json3);
        packet.Write("]"u8);
        return new PreparedEvent(packet.Written, new PreparedForms());
    }

    private static void WriteHead(string eventName, ExactBuffer output)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        output.Write("2["u8);
        JsonText.Write(eventName, output);
        output.Write(","u8);
    }
}
