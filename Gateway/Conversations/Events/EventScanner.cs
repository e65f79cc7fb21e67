using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

using Gateway.Primitives.Json;

namespace Gateway.Conversations.Events;

/// <summary>Whether bytes are an event that clients can be given.</summary>
internal enum ScanStatus
{
    Ok,

    /// <summary>JSON, but no object.</summary>
    NotAnObject,

    /// <summary>Cut off, or not JSON. A client's parser would throw on it and drop its connection.</summary>
    NotJson,

    NotUtf8,

    /// <summary>Nested deeper than <see cref="JsonWalker.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>Neither <c>action</c> nor <c>observation</c> is a string: V0 cannot serve it.</summary>
    NoType,
}

/// <summary>
/// Reads from an event's bytes what delivery has to know, in one pass that checks them wholly and builds nothing. White space,
/// escapes and key order are free; of a repeated key the last counts, as in Python. Pure.
/// </summary>
internal static class EventScanner
{
    /// <summary>No <c>id</c> that is a number from 0 to 2^31-1.</summary>
    public const int NoId = -1;

    /// <summary>Scans bytes that hold one event and nothing else.</summary>
    public static ScanStatus Scan(ReadOnlySpan<byte> json, out EventHeader header, out int id)
    {
        header = default;
        id = NoId;
        if (!Utf8.IsValid(json))
        {
            return ScanStatus.NotUtf8;
        }

        var walker = new JsonWalker(json);
        var status = ScanAt(json, ref walker, out var start, out header, out id);
        if (status is not (ScanStatus.Ok or ScanStatus.NoType or ScanStatus.NotAnObject))
        {
            return status;
        }

        if (walker.Peek() != 0 || walker.Position != json.Length)
        {
            header = default;
            return ScanStatus.NotJson;
        }

        if (start != 0)
        {
            header = header with { SourceValue = Shift(header.SourceValue, start) };
        }

        return status;
    }

    /// <summary>
    /// Scans the event that starts at the walker's position and leaves the walker after it (undefined after NotJson and TooDeep).
    /// The header's range counts from <paramref name="start"/>, where the event begins. UTF-8 is the caller's to check.
    /// </summary>
    public static ScanStatus ScanAt(
        ReadOnlySpan<byte> json, ref JsonWalker walker, out int start, out EventHeader header, out int id)
    {
        header = default;
        id = NoId;
        var isObject = walker.Peek() == '{';
        start = walker.Position;
        if (!isObject)
        {
            return walker.TrySkipValue() ? ScanStatus.NotAnObject : Broken(walker);
        }

        var fields = new Fields(json, start);
        if (!fields.TryRead(ref walker))
        {
            return Broken(walker);
        }

        id = fields.Id;
        return fields.TryHeader(out header) ? ScanStatus.Ok : ScanStatus.NoType;
    }

    private static ScanStatus Broken(in JsonWalker walker) => walker.TooDeep ? ScanStatus.TooDeep : ScanStatus.NotJson;

    private static Range Shift(Range range, int by) =>
        range.Equals(default) ? range : new Range(range.Start.Value + by, range.End.Value + by);

    /// <summary>What one pass over an event has seen so far.</summary>
    private ref struct Fields(ReadOnlySpan<byte> json, int start)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private readonly int _start = start;
        private bool _hasAction;
        private ReadOnlySpan<byte> _action;
        private ReadOnlySpan<byte> _observation;
        private ReadOnlySpan<byte> _source;
        private Range _sourceValue;
        private bool _stateMessage;
        private LegacyFields _args;
        private LegacyFields _extras;

        public int Id { get; private set; } = NoId;

        public bool TryRead(scoped ref JsonWalker walker)
        {
            walker.Take((byte)'{');
            if (walker.Take((byte)'}'))
            {
                return true;
            }

            do
            {
                if (!walker.TryString(out var key, out var escaped) || !walker.Take((byte)':'))
                {
                    return false;
                }

                if (escaped)
                {
                    key = Encoding.UTF8.GetBytes(JsonStringText.Decode(key));
                }

                if (!TryField(key, ref walker))
                {
                    return false;
                }
            }
            while (walker.Take((byte)','));

            return walker.Take((byte)'}');
        }

        public readonly bool TryHeader(out EventHeader header)
        {
            // Both keys: V0 reads it as an action.
            var type = _hasAction ? _action : _observation;
            if (type.IsEmpty)
            {
                header = default;
                return false;
            }

            var kind = _hasAction ? EventKinds.OfAction(type) : EventKinds.OfObservation(type);
            var legacy = _hasAction
                ? _args.Found || (_stateMessage && kind == EventKind.ChangeAgentStateAction)
                : _extras.Found || (kind == EventKind.RunObservation && !_extras.HasMetadata);
            header = new EventHeader(kind, SourceOf(_source), _sourceValue, legacy, EventType.Of(type, _hasAction));
            return true;
        }

        private bool TryField(ReadOnlySpan<byte> key, ref JsonWalker walker)
        {
            switch (key.Length)
            {
                case 2 when key.SequenceEqual("id"u8):
                    return TryId(ref walker);
                case 4 when key.SequenceEqual("args"u8):
                    return LegacyFields.TryScan(ref walker, _json, isArgs: true, out _args);
                case 6 when key.SequenceEqual("extras"u8):
                    return LegacyFields.TryScan(ref walker, _json, isArgs: false, out _extras);
                case 6 when key.SequenceEqual("source"u8):
                    walker.Peek();
                    var from = walker.Position - _start;
                    if (!TryName(ref walker, out _source))
                    {
                        return false;
                    }

                    _sourceValue = from..(walker.Position - _start);
                    return true;
                case 6 when key.SequenceEqual("action"u8):
                    _hasAction = true;
                    return TryName(ref walker, out _action);
                case 7 when key.SequenceEqual("message"u8):
                    return TryMessage(ref walker);
                case 11 when key.SequenceEqual("observation"u8):
                    return TryName(ref walker, out _observation);
                default:
                    return walker.TrySkipValue();
            }
        }

        private bool TryId(scoped ref JsonWalker walker)
        {
            walker.Peek();
            var from = walker.Position;
            if (!walker.TrySkipValue())
            {
                return false;
            }

            var value = _json[from..walker.Position];
            Id = Utf8Parser.TryParse(value, out int id, out var used) && used == value.Length && id >= 0 ? id : NoId;
            return true;
        }

        /// <summary>The message as it stands, escapes and all: nothing is built for what is mostly long.</summary>
        private bool TryMessage(scoped ref JsonWalker walker)
        {
            _stateMessage = false;
            if (walker.Peek() != '"')
            {
                return walker.TrySkipValue();
            }

            var isSound = walker.TryString(out var message, out _);
            _stateMessage = message.StartsWith(LegacyRewriter.StoredStatePrefix);
            return isSound;
        }

        /// <summary>Any value; <paramref name="name"/> is empty when it is no string.</summary>
        private static bool TryName(scoped ref JsonWalker walker, out ReadOnlySpan<byte> name)
        {
            name = default;
            if (walker.Peek() != '"')
            {
                return walker.TrySkipValue();
            }

            if (!walker.TryString(out name, out var escaped))
            {
                return false;
            }

            // No name that matters is longer than this, however it is escaped.
            if (escaped && name.Length <= 256)
            {
                name = Encoding.UTF8.GetBytes(JsonStringText.Decode(name));
            }

            return true;
        }
    }

    private static EventSource SourceOf(ReadOnlySpan<byte> source) => source.Length switch
    {
        5 when source.SequenceEqual("agent"u8) => EventSource.Agent,
        4 when source.SequenceEqual("user"u8) => EventSource.User,
        11 when source.SequenceEqual("environment"u8) => EventSource.Environment,
        _ => EventSource.Unknown,
    };
}
