using Gateway.EngineIO;
using Gateway.SocketIO.Namespaces;

namespace Gateway.SocketIO;

/// <summary>
/// What the receivers of one <see cref="PreparedEvent"/> share beside its bytes: the compressed frame of its main form, and its other
/// forms, each made when the first socket wants it. There are as many as ways to write an event to its receivers: the main namespace and
/// their own, in each encoding. Lives as long as the event. Any thread.
/// </summary>
internal sealed class PreparedForms : DeflateOnce
{
    private Form? _first;

    /// <summary>The event as <paramref name="writer"/> writes it.</summary>
    /// <param name="main">Its packet in the main form.</param>
    /// <param name="writer">Writes another form than the main one.</param>
    public EngineMessage Get(ReadOnlyMemory<byte> main, PacketWriter writer)
    {
        if (Find(writer) is { } made)
        {
            return made.Message;
        }

        lock (Making)
        {
            var form = Find(writer);
            if (form is null)
            {
                form = new Form(writer, writer.Rewrite(main), _first);
                Volatile.Write(ref _first, form);
            }

            return form.Message;
        }
    }

    private Form? Find(PacketWriter writer)
    {
        var form = Volatile.Read(ref _first);
        while (form is not null && !form.Writer.WritesAs(writer))
        {
            form = form.Next;
        }

        return form;
    }

    /// <summary>One form, shared by all who take it. Immutable.</summary>
    private sealed record Form(PacketWriter Writer, EngineMessage Message, Form? Next);
}
