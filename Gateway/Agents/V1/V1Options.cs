using System.ComponentModel.DataAnnotations;

namespace Gateway.Agents.V1;

/// <summary>How an upstream socket proves who it is. <see cref="Auto"/>: as the server's version knows.</summary>
internal enum V1Auth
{
    Auto,
    FirstMessage,
    Header,
    Query,
}

/// <summary>
/// The V1 agent: where its server is and how to reach it. Read once, at start; checked only where the agent is <c>v1</c>.
/// </summary>
internal sealed class V1Options
{
    public const string Section = "V1";

    /// <summary>The agent-server, for all conversations; a path in it is kept. Not together with <see cref="AppServerUrl"/>.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Key of the agent-server, or of the app server. A secret: never logged, never shown to clients.</summary>
    public string? SessionApiKey { get; set; }

    /// <summary>The app server that knows each conversation's agent-server and key. One of the two addresses must be set.</summary>
    public string? AppServerUrl { get; set; }

    /// <summary>How the sockets show the key; <c>Auto</c> goes by the server's version.</summary>
    public V1Auth Auth { get; set; } = V1Auth.Auto;

    /// <summary>
    /// Shortest wait before the server is connected to again. Each wait is taken at random up to three times the last one, so that many
    /// conversations come back one by one; where the server asks for patience the shortest is four times as long.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest such wait.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries after a lost connection before it is given up; 0 is no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxReconnects { get; set; }

    /// <summary>
    /// How long the server's socket is held after the agent has come to rest and the last action of a user. A held socket keeps a container
    /// from going to sleep. Zero: as long as the conversation is open here.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DetachAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often the server is asked by REST about an open conversation whose socket is not held, to notice what was begun elsewhere.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a hole in the server's numbering may stay open before it is filled by REST.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan GapTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Limit of one call to the server. What a user has asked for may take longer (<see cref="ActionTimeout"/>); when this has passed
    /// the clients are told that it is still waited for.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the server's answer to a user's action is waited for, and a message without one is looked for in its log. A server may
    /// start programs before it answers.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan ActionTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Limit of one call to the server on behalf of V0's REST (the list, files, git and the like): past it V0's error is answered. Making
    /// a conversation has <see cref="RequestTimeout"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan RestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Largest frame taken from the server. 4 MiB is its own limit on the session socket; the events socket has none. What a larger one had
    /// in it is read by REST.
    /// </summary>
    [Range(64 * 1_024, 64 * 1_024 * 1_024)]
    public int MaxFrameBytes { get; set; } = 8 * 1_024 * 1_024;

    /// <summary>
    /// A JSON file: a StartConversationRequest without id and message, for every conversation that is made. With it conversations that
    /// the server does not know are made when a client connects to them; unset, those are refused. Where it names no model, V0's REST
    /// takes the one of the user's settings for what it makes.
    /// </summary>
    public string? ConversationTemplate { get; set; }

    /// <summary>The folder at the server in which the agent of a new conversation works, where no template says it.</summary>
    [Required]
    public string WorkingDirectory { get; set; } = "/workspace/project";

    /// <summary>
    /// Passes V1's own routes and sockets through to <see cref="BaseUrl"/>, so that clients of both worlds have one origin (docs/v1.md),
    /// whoever answers in V0's conversations.
    /// </summary>
    public bool Proxy { get; set; }

    /// <summary>
    /// How long V1 may leave a request that is passed through without a byte, in either direction; and how long it may take to answer a
    /// socket's handshake. Calls that wait for a command or a model are among them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProxyTimeout { get; set; } = TimeSpan.FromMinutes(10);
}
