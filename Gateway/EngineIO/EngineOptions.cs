using System.ComponentModel.DataAnnotations;

namespace Gateway.EngineIO;

/// <summary>Settings of the Engine.IO layer, section <c>Engine</c>. Read once, at start.</summary>
internal sealed class EngineOptions
{
    public const string Section = "Engine";

    private readonly List<string> _needed = [];

    /// <summary>From the last pong to the next ping. Clients are told.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a pong may take, and how long a client may read nothing while a ping waits for it. Clients are told.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest message, or polling body, accepted from a client. 4 MiB because V0 servers accept that. Clients are told.</summary>
    [Range(1_024, 64 * 1_024 * 1_024)]
    public int MaxPayloadBytes { get; set; } = 4 * 1_024 * 1_024;

    /// <summary>Packets in one polling body. Clients that emit in bursts need more than a few.</summary>
    [Range(1, 65_536)]
    public int MaxPacketsPerPayload { get; set; } = 256;

    /// <summary>Frames of one WebSocket message. Browsers and libraries send one; tiny fragments cost far more than their bytes.</summary>
    [Range(1, 65_536)]
    public int MaxFragmentsPerMessage { get; set; } = 1_024;

    /// <summary>
    /// Bytes that all clients together may make the server hold in messages that are unfinished or unauthenticated: WebSocket messages
    /// under assembly, polling bodies that are being read, events before the CONNECT answer, binary packets that wait for attachments.
    /// Who sends more when it is spent is closed (1013), or answered with 503. At least two messages of <see cref="MaxPayloadBytes"/>.
    /// </summary>
    [Range(64 * 1_024L, 1L << 40)]
    public long InboundBudgetBytes { get; set; } = 256 * 1_024 * 1_024;

    /// <summary>Sessions at once, all endpoints together. One more is answered with 503.</summary>
    [Range(1, 10_000_000)]
    public int MaxSessions { get; set; } = 100_000;

    /// <summary>
    /// Sessions at once from one address (an IPv6 /64 counts as one); 0 is no limit. One more is answered with 429. Clients behind one
    /// proxy that is not believed (<c>Proxies:Trusted</c>) have one address.
    /// </summary>
    [Range(0, 10_000_000)]
    public int MaxSessionsPerAddress { get; set; }

    /// <summary>Sessions that one address may open in a second, on average; 0 is no limit. More are answered with 429.</summary>
    [Range(0.0, 1_000_000.0)]
    public double ConnectsPerSecond { get; set; }

    /// <summary>Sessions that one address may open at one time after a rest, where <see cref="ConnectsPerSecond"/> is set.</summary>
    [Range(1, 10_000_000)]
    public int ConnectBurst { get; set; } = 100;

    /// <summary>
    /// Packets that may wait for one client. Replays and answers wait for capacity; a quarter is kept for what cannot wait.
    /// </summary>
    [Range(16, 65_536)]
    public int OutboundPackets { get; set; } = 256;

    /// <summary>
    /// Bytes that may wait for one client. An empty queue takes one packet however large; a quarter more is kept for what cannot wait.
    /// </summary>
    [Range(16 * 1_024, 256 * 1_024 * 1_024)]
    public int OutboundBytes { get; set; } = 1_024 * 1_024;

    /// <summary>
    /// Answer a client that offers <c>permessage-deflate</c> (RFC 7692), as browsers and most libraries do, and send it compressed frames;
    /// and answer polls in the encoding that their client accepts (<c>br</c>, <c>gzip</c>).
    /// </summary>
    public bool Compression { get; set; } = true;

    /// <summary>A shorter message or answer to a poll, in bytes, goes uncompressed to everyone.</summary>
    [Range(16, 64 * 1_024)]
    public int CompressionThreshold { get; set; } = 256;

    /// <summary>
    /// How long an upgrade may take from its request to its last packet; polling goes on when it is over. Given anew while a poll brings,
    /// or a POST takes, a large body, because the client waits for that.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan UpgradeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a client may take to answer a WebSocket close before its connection is cut. Also what a stuck write gets when the
    /// session ends.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a process that stops takes to let its clients go, each at a moment of its own: behind a balancer they do not all come to
    /// the other processes at once. Until then it serves those that it has, and answers new ones with 503. 0 for a process alone: its
    /// clients have nowhere to go.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopSpread { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// For a process that takes another one's place on the same address of the same machine: how long a process that starts waits for an
    /// address that is in use, and how long one that stops, which listens no more from then on, serves its clients until the next one
    /// listens. Only then are they let go, over <see cref="StopSpread"/>. 0: neither waits.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan HandOverTime { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Origins whose pages may connect, as the browser sends them (<c>https://host:port</c>); <c>*</c> stands for all. Null means all,
    /// with a warning at start: a list that is bound from settings is added to, not replaced. Requests without an origin do not come from
    /// a page and are always served.
    /// </summary>
    public IList<string>? AllowedOrigins { get; set; }

    /// <summary>
    /// Refuse a request without a <c>transport</c> parameter. V0 takes it for polling; the protocol's own test suite refuses it.
    /// </summary>
    public bool RequireTransport { get; set; }

    /// <summary>
    /// Request headers kept for the layers above, by lower-case name, in addition to those that the layers say they need (<see
    /// cref="NeedHeader"/>).
    /// </summary>
    public IList<string> KeptHeaders { get; } = [];

    /// <summary>Query parameters whose sanitised value every log line of a connection carries. Never name a secret here.</summary>
    public IList<string> LogQueryKeys { get; } = [];

    /// <summary>Every header that is kept. Not a setting: no configuration can take one away from the layer that needs it.</summary>
    internal IEnumerable<string> HandshakeHeaders => _needed.Concat(KeptHeaders).Distinct(StringComparer.Ordinal);

    /// <summary>It is set that one process takes another one's place.</summary>
    public bool HandsOver => HandOverTime > TimeSpan.Zero;

    public bool AllowsAnyOrigin => AllowedOrigins is null || AllowedOrigins.Contains("*");

    /// <summary>For the registration of a layer that reads a header of the handshake.</summary>
    /// <param name="name">In lower case.</param>
    internal void NeedHeader(string name) => _needed.Add(name);
}
