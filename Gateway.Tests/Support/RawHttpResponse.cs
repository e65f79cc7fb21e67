using System.Text;

namespace Gateway.Tests.Support;

/// <summary>An HTTP answer as it stood on the wire. Immutable.</summary>
internal sealed record RawHttpResponse(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
