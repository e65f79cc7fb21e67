using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Wire;

internal enum WireKind
{
    Malformed,
    Open,
    EngineClose,
    Ping,
    Pong,
    Upgrade,
    Noop,
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
    BinaryEvent,
    BinaryAck,

    /// <summary>Bytes: an attachment.</summary>
    Bytes,
}

/// <summary>
/// One Engine.IO packet, read as far as it can be. Written apart from the server's own codecs, so that a mistake of theirs is not
/// repeated here. Immutable; reading never throws.
/// </summary>
/// <param name="Namespace"><c>/</c> when the packet names none.</param>
/// <param name="Text">The packet as it went over the wire.</param>
internal sealed record WireFrame(WireKind Kind, string Namespace, int? AckId, JToken? Payload, string Text)
{
    /// <summary>The event's name; null when it is none or has no name.</summary>
    public string? EventName =>
        Kind is WireKind.Event
            or WireKind.BinaryEvent
            && Payload is JArray { Count: > 0 } array
            && array[0] is JValue { Type: JTokenType.String } name
        ? (string?)name
        : null;

    /// <summary>The event's first argument.</summary>
    public JToken? Argument => Payload is JArray { Count: > 1 } array ? array[1] : null;

    /// <summary>A Socket.IO packet of the server's that counts in a comparison, unlike heartbeats and transport packets.</summary>
    public bool IsMessage => Kind is WireKind.Malformed or >= WireKind.Connect;

    public static WireFrame Read(string text, bool isBinary = false)
    {
        if (isBinary)
        {
            return new WireFrame(WireKind.Bytes, "/", null, null, text);
        }

        var kind = text switch
        {
            ['0', ..] => WireKind.Open,
            "1" => WireKind.EngineClose,
            ['2', ..] => WireKind.Ping,
            ['3', ..] => WireKind.Pong,
            "5" => WireKind.Upgrade,
            "6" => WireKind.Noop,
            ['4', ..] => WireKind.Event,
            _ => WireKind.Malformed,
        };
        return kind switch
        {
            WireKind.Event => ReadMessage(text),
            WireKind.Open => new WireFrame(kind, "/", null, JsonTree.ReadOrNull(text[1..]), text),
            _ => new WireFrame(kind, "/", null, null, text),
        };
    }

    // 4<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
    private static WireFrame ReadMessage(string text)
    {
        var kind = text.Length < 2 ? WireKind.Malformed : text[1] switch
        {
            '0' => WireKind.Connect,
            '1' => WireKind.Disconnect,
            '2' => WireKind.Event,
            '3' => WireKind.Ack,
            '4' => WireKind.ConnectError,
            '5' => WireKind.BinaryEvent,
            '6' => WireKind.BinaryAck,
            _ => WireKind.Malformed,
        };
        if (kind == WireKind.Malformed)
        {
            return new WireFrame(kind, "/", null, null, text);
        }

        var rest = text.AsSpan(2);
        if (kind is WireKind.BinaryEvent or WireKind.BinaryAck)
        {
            rest = rest[(rest.IndexOf('-') + 1)..];
        }

        var space = ReadNamespace(ref rest);
        var digits = rest.IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? rest.Length : digits;
        int? ackId = int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        rest = rest[digits..];

        var payload = rest.IsEmpty ? null : JsonTree.ReadOrNull(rest.ToString());
        return new WireFrame(IsWhole(kind, rest.IsEmpty, payload) ? kind : WireKind.Malformed, space, ackId, payload, text);
    }

    private static string ReadNamespace(ref ReadOnlySpan<char> rest)
    {
        if (rest is not ['/', ..])
        {
            return "/";
        }

        var comma = rest.IndexOf(',');
        var space = (comma < 0 ? rest : rest[..comma]).ToString();
        rest = comma < 0 ? [] : rest[(comma + 1)..];
        return space;
    }

    private static bool IsWhole(WireKind kind, bool isBare, JToken? payload) => kind switch
    {
        WireKind.Event or WireKind.BinaryEvent => payload is JArray { Count: > 0 } array && array[0].Type == JTokenType.String,
        WireKind.Ack or WireKind.BinaryAck => payload is JArray,
        WireKind.Disconnect => isBare,
        _ => isBare || payload is not null,
    };
}
