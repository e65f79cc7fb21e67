using System.Text;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// A part of a request's head that somebody asks for. Where nearly every client sends the same text, the text of the one before is used
/// again instead of one more copy. Any thread; of two that race either one's text will do.
/// </summary>
/// <param name="name">The header's name; empty for the path.</param>
/// <param name="isShared">Whether the last value is remembered: never for what may be a secret.</param>
internal sealed class HeadText(string name, bool isShared)
{
    private string _last = "";

    public string Name => name;

    public string Read(ReadOnlySpan<byte> value)
    {
        if (!isShared)
        {
            return Encoding.ASCII.GetString(value);
        }

        var last = Volatile.Read(ref _last);
        if (Ascii.Equals(value, last))
        {
            return last;
        }

        last = Encoding.ASCII.GetString(value);
        Volatile.Write(ref _last, last);
        return last;
    }
}
