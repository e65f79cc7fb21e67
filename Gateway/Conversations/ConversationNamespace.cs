using System.Text;

using Gateway.Access;
using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.Primitives.Json;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// V0's namespace <c>/</c>, and those of one conversation each, <c>/conversations/{id}</c>: what a client's connect, actions and leaving
/// mean to its conversation. One instance serves all sockets; it keeps nothing but what links a socket to its conversation
/// (<see cref="Membership"/>).
/// </summary>
internal sealed partial class ConversationNamespace(
    ConnectAuthorizer authorizer,
    ConversationService conversations,
    ClientLimits limits,
    AccessRechecks rechecks,
    SessionContext context,
    IEnumerable<IConnectObserver> observers,
    ILogger<ConversationNamespace> logger) : INamespaceHandler
{
    /// <summary>What the names of conversations' own namespaces begin with; the id follows.</summary>
    public const string Prefix = "/conversations/";

    /// <summary>V0's.</summary>
    public const string Main = "/";

    private const string OriginHeader = "origin";

    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(1);

    private readonly IConnectObserver[] _observers = [.. observers];

    /// <summary>
    /// A client in its conversation: the session that it holds open, where it stands in the log, and what it may do. Held by its socket.
    /// </summary>
    private sealed record Membership(
        ConversationSession Session, Cursor Cursor, PageHold Hold, Caller Caller, ClientSlot Slot, ActionRate? Rate);

    /// <summary>Headers of a handshake by which browsers are told from other programs.</summary>
    public static IReadOnlyList<string> HeaderNames => [OriginHeader, UserAgent.Header];

    /// <summary>What the socket is in its conversation; null for one that has not been let in. Any thread.</summary>
    public static ConversationClient? ClientOf(SocketConnection socket) =>
        socket.State is Membership { Session: var session, Cursor: var cursor }
            ? new ConversationClient(session, cursor.Position, cursor.LagBehind(session.Log.Head))
            : null;

    /// <summary>Whether a socket is a conversation's, or asks to be; it may be one of other namespaces. Any thread.</summary>
    public static bool Serves(SocketConnection socket) =>
        socket.NamespaceName == Main || socket.NamespaceName.StartsWith(Prefix, StringComparison.Ordinal);

    public async ValueTask<ConnectDecision> ConnectAsync(
        SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken)
    {
        var began = context.TimeProvider.GetTimestamp();
        var query = socket.NamespaceName != Main
            ? ConnectQuery.ParseOwn(socket.NamespaceName[Prefix.Length..], request.Auth)
            : ConnectQuery.Parse(socket.Handshake.Query, request.Auth);
        using var span = ConversationTraces.StartConnect(
            socket, ConversationId.TryParse(query.ConversationId, out var conversation) ? conversation.Value : null);

        // Not the client's token: an action that it sent before leaving must still find its session. Longer than an opening may take:
        // who waits for one that hangs is told when it has ended, and the next one opens anew.
        using var limit = new CancellationTokenSource(context.Options.OpenTimeout + s_answerTime, context.TimeProvider);
        var authorized = await AuthorizeAsync(socket, query, request, limit.Token);
        var decision = authorized.Admission is { } admission
            ? await EnterAsync(socket, authorized.Key, admission.Caller, query, limit, cancellationToken)
            : Refuse(socket, authorized.Refusal ?? ConnectRefusals.JoinFailed, authorized.Outcome);
        if (decision.IsAccepted && authorized.Admission is { } admitted)
        {
            rechecks.Start(socket, admitted);
        }

        var outcome = "accepted";
        if (decision.RefusalMessage is { } refusal)
        {
            outcome = authorized.Outcome ?? ConnectRefusals.MetricTag(refusal);
            span.SetRefused(outcome);
            Array.ForEach(_observers, observer => observer.Refused(socket, refusal));
        }

        context.Metrics.Connected(outcome, context.TimeProvider.GetElapsedTime(began));
        return decision;
    }

    public void Connected(SocketConnection socket)
    {
        if (socket.State is Membership membership)
        {
            membership.Session.Post(new SessionCommand.Join(membership.Cursor));
            Array.ForEach(_observers, observer => observer.Accepted(socket));
        }
    }

    public async ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        if (socketEvent.Name is not ("oh_user_action" or "oh_action") || socket.State is not Membership membership)
        {
            // As V0: what nobody listens to is ignored, and not acknowledged.
            return;
        }

        membership.Session.Holds.Sent(membership.Hold);
        using var span = ConversationTraces.StartAction(socket, membership.Session.Key.Id);
        var problem = !membership.Caller.May(AccessRights.Act) ? "You may read this conversation, and not act in it."
            : membership.Rate?.TryTake() == false ? RefuseTooMany()
            : await TryActAsync(membership.Session, socketEvent, new ScopedLogger(logger, socket.Scope));
        if (problem is null)
        {
            await AcknowledgeAsync(socketEvent, "[]"u8);
            return;
        }

        span.SetRefused("refused");

        // In their turn: a client that is being sent large events is no reason to close it.
        var error = TransientMessages.Error(problem);
        await socket.SendAsync(new[] { EventPackets.TransientMessage(error) }, socket.Closing);
        await AcknowledgeAsync(socketEvent, EventWriter.Encode(new JArray(error)).Span);
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason)
    {
        if (socket.State is Membership membership)
        {
            membership.Session.Post(new SessionCommand.Leave(membership.Cursor));
            membership.Session.Holds.Remove(membership.Hold);
            membership.Slot.Dispose();
            Array.ForEach(_observers, observer => observer.Left(socket));
        }
    }

    private static ValueTask<bool> AcknowledgeAsync(SocketEvent socketEvent, ReadOnlySpan<byte> arguments) =>
        socketEvent.Ack?.SendAsync(arguments) ?? ValueTask.FromResult(false);

    private string RefuseTooMany()
    {
        context.Metrics.ActionLimited();
        return "You send too many actions in a second; this one was not taken.";
    }

    private async ValueTask<AuthorizedConnect> AuthorizeAsync(
        SocketConnection socket, ConnectQuery query, ConnectRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var span = ConversationTraces.StartAccess();
            return await authorizer.AuthorizeAsync(query, socket, request, socket.NamespaceName != Main, cancellationToken)
                .AsTask()
                .WaitAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            Log.NotAuthorized(new ScopedLogger(logger, socket.Scope), exception);
            return AuthorizedConnect.Refused(ConnectRefusals.JoinFailed);
        }
    }

    private async ValueTask<ConnectDecision> EnterAsync(
        SocketConnection socket,
        ConversationKey key,
        Caller caller,
        ConnectQuery query,
        CancellationTokenSource limit,
        CancellationToken cancellationToken)
    {
        if (limits.TryAcquire(key, caller, out var tooMany) is not { } slot)
        {
            return Refuse(socket, tooMany);
        }

        ConnectDecision? decision = null;
        try
        {
            decision = await JoinAsync(socket, key, (caller, slot), query, limit, cancellationToken);
            return decision;
        }
        finally
        {
            if (decision is not { IsAccepted: true })
            {
                slot.Dispose();
            }
        }
    }

    private async ValueTask<ConnectDecision> JoinAsync(
        SocketConnection socket,
        ConversationKey key,
        (Caller Caller, ClientSlot Slot) client,
        ConnectQuery query,
        CancellationTokenSource limit,
        CancellationToken cancellationToken)
    {
        OpenedSession opened;
        try
        {
            using var span = ConversationTraces.StartOpen();
            opened = await conversations.OpenAsync(
                key, context.Options.CreateUnknown, new ScopedLogger(logger, socket.Scope), limit.Token);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return RefuseEvents(socket, exception);
        }

        return opened.Session is { } session
            ? await ReplayAsync(socket, session, client, query, limit, cancellationToken)
            : Refuse(socket, opened.Refusal ?? ConnectRefusals.JoinFailed);
    }

    private async ValueTask<ConnectDecision> ReplayAsync(
        SocketConnection socket,
        ConversationSession session,
        (Caller Caller, ClientSlot Slot) client,
        ConnectQuery query,
        CancellationTokenSource limit,
        CancellationToken cancellationToken)
    {
        var isHeld = true;
        try
        {
            var browser = BrowserOf(socket);
            if (query.LatestEventId > session.Log.Head || !session.Log.IsRemote)
            {
                // What another process has stored by now belongs to the replay, and what this client has already must not be sent again
                // as something new. A remote store is asked for the latter alone: it tells of what is new by itself, at once.
                await session.Log.RefreshAsync(query.LatestEventId, limit.Token);
            }

            // V0's web UI names its providers from 0.32 on, and has never polled; scripts never name them, and need no such state.
            var isOldPage = browser is not null && !query.NamesProviders && socket.Handshake.Query["transport"] == "websocket";
            var cursor = session.CreateCursor(socket, query.LatestEventId, needsInit: isOldPage, query.Filter);
            session.Start();
            try
            {
                using var span = ConversationTraces.StartReplay();
                var firstPage = cursor.Position < 0 ? session.TakeFirstPage() : null;
                await cursor.ReplayAsync(
                    context.Options.AgentStateLast, firstPage, limit, context.Options.OpenTimeout, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The client has left during the replay. It is let in all the same: what it sent before is still to be done.
            }

            var page = browser is not null && socket.Handshake.RemoteAddress is { } address
                ? new PageIdentity(address, browser)
                : (PageIdentity?)null;
            socket.State = new Membership(
                session, cursor, session.Holds.Add(page), client.Caller, client.Slot, limits.CreateActionRate());
            isHeld = false;
            return ConnectDecision.Accepted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return RefuseEvents(socket, exception);
        }
        finally
        {
            if (isHeld)
            {
                session.Release();
            }
        }
    }

    /// <summary>What a browser calls itself; null for other programs. Pages cannot keep the origin out of a socket's handshake.</summary>
    private static string? BrowserOf(SocketConnection socket)
    {
        var headers = socket.Handshake.Headers;
        var agent = headers.GetValueOrDefault(UserAgent.Header) ?? "";
        return headers.ContainsKey(OriginHeader) || agent.StartsWith("Mozilla/", StringComparison.Ordinal) ? agent : null;
    }

    private async ValueTask<string?> TryActAsync(ConversationSession session, SocketEvent socketEvent, ILogger connectionLogger)
    {
        var payload = ActionPayload.CheckFirst(socketEvent.Arguments.Span, context.Options.ActionLimits);
        if (payload is not ActionPayloadResult.Accepted action)
        {
            var refusal = ((ActionPayloadResult.Refused)payload).Message;
            Log.BadAction(connectionLogger, refusal);
            return refusal;
        }

        if (action.UnknownFields.Count > 0)
        {
            Log.UnknownArguments(connectionLogger, string.Join(", ", action.UnknownFields));
        }

        try
        {
            return await session.SubmitAsync(new UserAction(action.Body), CancellationToken.None);
        }
        catch (OperationCanceledException) when (session.IsClosing)
        {
            // Of what clients have queued, a stop that runs out of time leaves thousands: each of them is told, and none is a fault.
            Log.ActionTooLate(connectionLogger);
            return ActionRefusals.NotStored;
        }
        catch (StorageException exception) when (exception.IsSaid || exception.Failure == StorageFailure.TakenOver)
        {
            Log.ActionNotTaken(connectionLogger, SmallWords.Of(exception.Failure));
            return ActionRefusals.Of(exception);
        }
        catch (Exception exception)
        {
            Log.ActionFailed(connectionLogger, exception);
            return ActionRefusals.Of(exception);
        }
    }

    private ConnectDecision RefuseEvents(SocketConnection socket, Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            Log.EventsTooLate(new ScopedLogger(logger, socket.Scope));
        }
        else if (exception is not StorageException { IsSaid: true })
        {
            Log.EventsNotAccessible(new ScopedLogger(logger, socket.Scope), exception);
        }

        var problem = exception switch
        {
            OperationCanceledException => "the store did not answer in time",
            UnauthorizedAccessException => "access to the store was denied",
            StorageException storage => storage.Message,
            _ => "the store could not be read",
        };
        return Refuse(socket, ConnectRefusals.EventsNotAccessible + problem);
    }

    private ConnectDecision Refuse(SocketConnection socket, string message, string? outcome = null)
    {
        Log.Refused(
            new ScopedLogger(logger, socket.Scope),
            AddressText.Of(socket.Handshake.RemoteAddress),
            outcome ?? ConnectRefusals.MetricTag(message));
        return ConnectDecision.Refused(message);
    }
}
