using System.Collections;

namespace Gateway.Primitives;

/// <summary>
/// What every log line of a connection carries: its <see cref="ConnectionId"/> and the labels of its handshake (for Gateway,
/// the conversation id). Immutable. Given to a logger as scope state by <see cref="ScopedLogger"/>.
/// </summary>
internal sealed class ConnectionScope(ConnectionId id, IReadOnlyList<KeyValuePair<string, object?>> labels)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    public const string ConnectionIdKey = "connection_id";

    public ConnectionId Id { get; } = id;

    public int Count => labels.Count + 1;

    public KeyValuePair<string, object?> this[int index] =>
        index == 0 ? new KeyValuePair<string, object?>(ConnectionIdKey, Id) : labels[index - 1];

    /// <summary>The same with one label more, in place of one of that name.</summary>
    public ConnectionScope With(KeyValuePair<string, object?> label) =>
        new(Id, [.. labels.Where(other => other.Key != label.Key), label]);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', this.Select(static pair => $"{pair.Key}={pair.Value}"));
}
