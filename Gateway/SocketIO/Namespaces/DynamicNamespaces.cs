namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// The namespaces of families that have a socket now. One is made for its first socket and dropped with its last, so that whoever asks for
/// many names leaves nothing behind. Owned by the server; any thread, one lock for a few lines on memory.
/// </summary>
internal sealed class DynamicNamespaces
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SocketNamespace> _namespaces = new(StringComparer.Ordinal);
    private NamespaceFamily[] _families = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _namespaces.Count;
            }
        }
    }

    /// <summary>Before the first session opens.</summary>
    public void Add(NamespaceFamily family) => _families = [.. _families, family];

    public bool Has(string name) => Array.Exists(_families, family => family.Has(name));

    /// <summary>For one socket more; null when no family has the name.</summary>
    public SocketNamespace? Acquire(string name)
    {
        if (Array.Find(_families, family => family.Has(name)) is not { } of)
        {
            return null;
        }

        lock (_lock)
        {
            if (!_namespaces.TryGetValue(name, out var found))
            {
                _namespaces[name] = found = SocketNamespace.Of(of, name);
            }

            found.Users++;
            return found;
        }
    }

    /// <summary>One of its sockets is over; nothing for a namespace of another kind.</summary>
    public void Release(SocketNamespace of)
    {
        if (!of.IsDynamic)
        {
            return;
        }

        lock (_lock)
        {
            if (--of.Users == 0)
            {
                _namespaces.Remove(of.Name);
            }
        }
    }
}
