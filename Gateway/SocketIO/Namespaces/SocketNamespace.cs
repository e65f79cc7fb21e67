using System.Text;

using Gateway.Primitives;
using Gateway.SocketIO.Protocol;
using Gateway.SocketIO.Rooms;

namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// One namespace (<c>io.of(name)</c>): its handler, its rooms, and how its packets are written. Owned by the server. Any thread.
/// </summary>
internal sealed class SocketNamespace
{
    private readonly PacketWriter _text;
    private PacketWriter? _messagePack;

    internal SocketNamespace(string name, INamespaceHandler handler)
        : this(name, handler, name)
    {
    }

    private SocketNamespace(string name, INamespaceHandler handler, string logName)
    {
        if (!name.StartsWith('/') || name.Contains(',') || Encoding.UTF8.GetByteCount(name) > SocketPacketCodec.MaxNamespaceBytes)
        {
            throw new ArgumentException("A namespace begins with a slash, has no comma, and is not long.", nameof(name));
        }

        Name = name;
        LogName = logName;
        Handler = new SafeNamespaceHandler(handler, logName);
        _text = new TextPacketWriter(name);
    }

    private SocketNamespace(string name, NamespaceFamily family)
        : this(name, family.Handler, $"{family.Prefix}*")
    {
        IsDynamic = true;
        Label = new KeyValuePair<string, object?>(family.Label, LogLabel.Clean(name[family.Prefix.Length..]));
    }

    public string Name { get; }

    /// <summary>What the log calls it: no name that a client made up.</summary>
    public string LogName { get; }

    /// <summary>Of a dynamic one: what log lines about its sockets carry.</summary>
    public KeyValuePair<string, object?>? Label { get; }

    public SafeNamespaceHandler Handler { get; }

    /// <summary>One of a family, there while it has a socket (<see cref="SocketServer.OfEach"/>).</summary>
    public bool IsDynamic { get; }

    /// <summary>How many sockets of it there are, for a dynamic one. Its server's alone, under the server's lock.</summary>
    internal int Users { get; set; }

    internal RoomIndex Rooms { get; } = new();

    /// <summary>The members of a room, to emit to: <c>io.to(room)</c>. A room exists while a socket is in it.</summary>
    public RoomTarget To(string room) => new(this, room, []);

    /// <summary>One of a family.</summary>
    internal static SocketNamespace Of(NamespaceFamily family, string name) => new(name, family);

    /// <summary>What the log lines about one of its sockets carry.</summary>
    internal ConnectionScope ScopeIn(ConnectionScope scope) => Label is { } label ? scope.With(label) : scope;

    internal PacketWriter WriterFor(PacketEncoding encoding) => encoding == PacketEncoding.Text
        ? _text
        : LazyInitializer.EnsureInitialized(ref _messagePack, () => PacketWriter.Create(encoding, Name));
}
