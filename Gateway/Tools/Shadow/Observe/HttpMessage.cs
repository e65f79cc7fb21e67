using System.Text;

using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>One request or answer as it went over the wire. Immutable once read.</summary>
/// <param name="First">Of a request its method, of an answer its status.</param>
/// <param name="Target">Of a request its path and query as they were sent.</param>
internal sealed record HttpMessage(string First, string Target, IReadOnlyList<HarHeader> Headers, DateTimeOffset Started)
{
    public byte[] Body { get; init; } = [];

    /// <summary>The body was larger than is kept; nothing of it is.</summary>
    public bool IsCut { get; init; }

    /// <summary>Of the whole body, kept or not.</summary>
    public long Size { get; init; }

    public int Status => int.TryParse(First, out var status) ? status : 0;

    public bool IsWebSocket => Header("upgrade")?.Contains("websocket", StringComparison.OrdinalIgnoreCase) == true;

    public string? Header(string name)
    {
        foreach (var header in Headers)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return header.Value;
            }
        }

        return null;
    }

    public string Text => Encoding.UTF8.GetString(Body);
}
