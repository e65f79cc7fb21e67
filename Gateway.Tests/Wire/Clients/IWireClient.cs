using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A client program under test, one connection at a time. A test tells it what to do and reads what it saw; both sides are the
/// test's alone. Each of its methods returns when the client was told, not when it is done.
/// </summary>
internal interface IWireClient : IAsyncDisposable
{
    /// <summary>What the client has seen, in the order in which its program was told.</summary>
    ChannelReader<Observation> Seen { get; }

    Task ConnectAsync(Visit visit);

    Task EmitAsync(JObject action, bool wantsAck = false);

    /// <summary>Leaves as the library does it when its user says so.</summary>
    Task LeaveAsync();
}

/// <summary>A client whose connection a test can break without a word; what came before is in <c>Seen</c> when that is done.</summary>
internal interface ICuttableClient : IWireClient
{
    Task CutAsync();
}

/// <summary>Where a client goes, and what it says of itself. Null leaves a parameter out.</summary>
internal sealed record Visit(Uri Address, string? ConversationId, int LatestEventId = -1, string? Key = null)
{
    /// <summary>The Cookie header; of the libraries for JavaScript and C#.</summary>
    public string? Cookie { get; init; }

    /// <summary>The auth payload's <c>token</c>; of the same.</summary>
    public string? Token { get; init; }
}

/// <summary>
/// One thing that a client saw: <c>connect</c>, <c>event</c> (with the event), <c>refused</c> (with the message), <c>ack</c>
/// (with the arguments), <c>upgrade</c>, <c>disconnect</c>.
/// </summary>
internal sealed record Observation(string On, JToken Value)
{
    public static Observation Of(JObject line) => new(
        line.Value<string>("on") ?? "",
        line["event"] ?? line["args"] ?? line["message"] ?? line["transport"] ?? line["reason"] ?? JValue.CreateNull());

    /// <summary>What a Socket.IO packet of the server says to a client that decodes by hand; null when nothing that counts.</summary>
    public static Observation? OfPacket(string packet, string transport) => packet switch
    {
        ['4', '0', ..] => new("connect", transport),
        ['4', '2', ..] => new("event", WireJson.Parse(packet[2..])[1] ?? JValue.CreateNull()),
        ['4', '3', '7', ..] => new("ack", WireJson.Parse(packet[3..])),
        ['4', '4', ..] => new("refused", WireJson.Parse(packet[2..])["message"] ?? JValue.CreateNull()),
        _ => null,
    };
}
