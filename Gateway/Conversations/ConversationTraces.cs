using System.Diagnostics;

using Gateway.Conversations.Runtime;
using Gateway.SocketIO;

namespace Gateway.Conversations;

/// <summary>
/// The spans of the conversations layer, source <c>Gateway.Conversations</c>: a client's CONNECT with what it waits for, and an action on
/// its way into the log and from there to the clients. A trace that the client's handshake names (W3C <c>traceparent</c>) goes on in them.
/// No span holds a secret, a text of a user or the query of a request. Costs a look at a field while nobody listens. Any thread.
/// </summary>
internal static class ConversationTraces
{
    public const string SourceName = "Gateway.Conversations";

    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";
    private const string ConversationKey = "gateway.conversation.id";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Headers of a handshake that name the trace it belongs to.</summary>
    public static IReadOnlyList<string> HeaderNames => [TraceParent, TraceState];

    /// <summary>A client's CONNECT, until it is answered.</summary>
    public static Activity? StartConnect(SocketConnection socket, string? conversation) =>
        StartOfClient("gateway.connect", socket, conversation);

    /// <summary>A client's action, until it is acknowledged or refused.</summary>
    public static Activity? StartAction(SocketConnection socket, ConversationId conversation) =>
        StartOfClient("gateway.action", socket, conversation.Value);

    /// <summary>Whether the caller may come in; a part of a CONNECT.</summary>
    public static Activity? StartAccess() => s_source.StartActivity("gateway.access");

    /// <summary>The conversation's log and its agent are opened; a part of a CONNECT.</summary>
    public static Activity? StartOpen() => s_source.StartActivity("gateway.open");

    /// <summary>The history is sent; a part of a CONNECT.</summary>
    public static Activity? StartReplay() => s_source.StartActivity("gateway.replay");

    /// <summary>Events of one who asks are stored: of a client, or of an agent, which may act by itself.</summary>
    public static Activity? StartAppend(ConversationId conversation, ActivityContext asked) =>
        s_source.StartActivity("gateway.append", ActivityKind.Internal, asked)?.SetTag(ConversationKey, conversation.Value);

    /// <summary>Events are stored together: in the trace of who asked for the first one, with links to the others.</summary>
    public static Activity? StartAppend(ConversationId conversation, IReadOnlyList<SessionCommand.Append> appends)
    {
        if (appends.Count == 1 || !s_source.HasListeners())
        {
            return StartAppend(conversation, appends[0].Trace);
        }

        var links = appends.Skip(1).Where(static append => append.Trace != default).Select(static append => new ActivityLink(append.Trace));
        return s_source.StartActivity("gateway.append", ActivityKind.Internal, appends[0].Trace, links: links)
            ?.SetTag(ConversationKey, conversation.Value);
    }

    /// <summary>Events go to one client. Null as well when it is not known who has stored them.</summary>
    public static Activity? StartDeliver(SocketConnection socket, AppendTraces appends, int fromId, int throughId)
    {
        if (!s_source.HasListeners() || appends.Find(fromId, throughId) is not { } parent)
        {
            return null;
        }

        var span = s_source.StartActivity("gateway.deliver", ActivityKind.Internal, parent);
        return span?.SetTag("gateway.connection.id", socket.ConnectionId.ToString()).SetTag("gateway.event.first_id", fromId);
    }

    /// <summary>What came of it, where that is not what was asked for.</summary>
    public static void SetRefused(this Activity? span, string reason) =>
        span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", reason);

    private static Activity? StartOfClient(string name, SocketConnection socket, string? conversation)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        var headers = socket.Handshake.Headers;
        ActivityContext.TryParse(
            headers.GetValueOrDefault(TraceParent), headers.GetValueOrDefault(TraceState), isRemote: true, out var parent);
        var span = s_source.StartActivity(name, ActivityKind.Server, parent);
        return span?.SetTag(ConversationKey, conversation).SetTag("gateway.connection.id", socket.ConnectionId.ToString());
    }
}
