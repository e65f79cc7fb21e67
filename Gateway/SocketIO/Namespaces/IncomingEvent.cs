namespace Gateway.SocketIO.Namespaces;

/// <summary>A decoded event on its way to its handler, in memory of its own. Immutable.</summary>
internal readonly record struct IncomingEvent(
    string Name, ReadOnlyMemory<byte> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Attachments, long? AckId)
{
    /// <summary>What it counts against a bound on bytes.</summary>
    public long Size
    {
        get
        {
            long size = Arguments.Length + Name.Length;
            for (var i = 0; i < Attachments.Count; i++)
            {
                size += Attachments[i].Length;
            }

            return size;
        }
    }
}
