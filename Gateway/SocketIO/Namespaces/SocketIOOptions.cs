using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.SocketIO.Namespaces;

/// <summary>Settings of the Socket.IO layer. Read once, when the server is made.</summary>
internal sealed class SocketIOOptions
{
    public const string Section = "SocketIO";

    /// <summary>
    /// A connection that is in no namespace for this long closes: counted from its start, or from leaving the last namespace that had
    /// let it in. Events for a namespace are kept so long for its CONNECT.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>
    /// How long a refused client may stay, so that it reads its CONNECT_ERROR and may try again; counted from its first refusal,
    /// however often it asks.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RefusalGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what is queued may take to reach a client whose connection we end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan FlushGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Namespaces that one connection may be in, or ask to be in, at once: the conversations that it carries. One more is refused.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxNamespaces { get; set; } = 100;

    /// <summary>Attachments of one binary packet from a client.</summary>
    [Range(1, 10_000)]
    public int MaxAttachments { get; set; } = 10;

    /// <summary>Bytes of one binary packet from a client, its attachments included.</summary>
    [Range(1_024, 256 * 1_024 * 1_024)]
    public int MaxBinaryBytes { get; set; } = 16 * 1_024 * 1_024;

    /// <summary>
    /// How long a client may take from one part of a binary packet to the next, counted from the packet that announces the
    /// attachments. Longer closes the connection.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan AttachmentTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Events of one client that wait: for its CONNECTs and the answers to them (more closes the connection), or behind the event
    /// that is being handled (more are left unread).
    /// </summary>
    [Range(1, 100_000)]
    public int MaxQueuedEvents { get; set; } = 256;

    /// <summary>As <see cref="MaxQueuedEvents"/>, in bytes. One event is taken at any size.</summary>
    [Range(1_024, 256 * 1_024 * 1_024)]
    public int MaxQueuedBytes { get; set; } = 4 * 1_024 * 1_024;
}

[OptionsValidator]
internal sealed partial class SocketIOOptionsValidator : IValidateOptions<SocketIOOptions>;
