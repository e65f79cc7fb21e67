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

/// <summary>The V1 agent: where its server is and how to reach it. Read once, at start; checked only where the agent is <c>v1</c>.</summary>
internal sealed class V1Options
{
    public const string Section = "V1";

    /// <summary>The agent-server, for all conversations; a path in it is kept. Not together with <see cref="AppServerUrl"/>.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Key of the agent-server, or of the app server. A secret.</summary>
    public string? SessionApiKey { get; set; }

    /// <summary>The app server that knows each conversation's agent-server and key.</summary>
    public string? AppServerUrl { get; set; }

    public V1Auth Auth { get; set; } = V1Auth.Auto;

    /// <summary>Wait between two tries to connect. 3 s is what the V1 web client waits.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Tries after a lost connection before it is given up; 0 is no limit.</summary>
    [Range(0, int.MaxValue)]
    public int MaxReconnects { get; set; }

    /// <summary>How long a hole in the server's numbering may stay open before it is filled by REST.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan GapTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit of one call to the server. A user's action is refused when it passes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest frame taken from the server. 4 MiB is its own limit on the session socket; the events socket has none. What a larger one had in it is read by REST.</summary>
    [Range(64 * 1_024, 64 * 1_024 * 1_024)]
    public int MaxFrameBytes { get; set; } = 8 * 1_024 * 1_024;

    /// <summary>A JSON file: a StartConversationRequest without id and message, for conversations that the server does not know. Unset, those are refused.</summary>
    public string? ConversationTemplate { get; set; }
}
