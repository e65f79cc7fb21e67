using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Handshake;
using Gateway.Conversations.Sessions;
using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations;

/// <summary>
/// V0's namespace <c>/</c>: what a client's connect, actions and leaving mean to its conversation. One instance serves all
/// sockets; it keeps nothing but the way from a socket to its place (<see cref="Attendance"/>).
/// </summary>
internal sealed partial class ConversationNamespace(
    ConnectGate gate,
    ConversationRegistry registry,
    IConversationStore store,
    SessionServices services,
    ILogger<ConversationNamespace> logger) : INamespaceHandler
{
    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(1);

    /// <summary>A client's place in its conversation. Held by its socket.</summary>
    private sealed record Attendance(ConversationSession Session, Cursor Cursor);

    public async ValueTask<ConnectDecision> ConnectAsync(
        SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken)
    {
        var query = ConnectQuery.Parse(socket.Handshake.Query);
        var (key, refusal) = gate.Check(query, socket, request);
        if (refusal is not null)
        {
            return Refuse(socket, refusal);
        }

        key = registry.Canonical(key);
        // Not the client's token: an action that it sent before leaving must still find its session. Longer than an opening may take:
        // who waits for one that hangs is told when it has ended, and the next one opens anew.
        using var limit = new CancellationTokenSource(services.Options.OpenTimeout + s_answerTime, services.Clock);
        OpenedSession opened;
        try
        {
            // Whoever opened it has looked at its metadata: not again for each client of a conversation that is open.
            var isOpen = registry.TryFind(key, out _);
            if (!registry.AsksBackend && !isOpen && !await EnsureKnownAsync(socket, key, services.Options.CreateUnknown, limit.Token).WaitAsync(limit.Token))
            {
                return Refuse(socket, ConnectRefusals.JoinFailed);
            }

            opened = await registry.EnterAsync(key, limit.Token);
            if (registry.AsksBackend && !isOpen && opened.Session is not null)
            {
                await RememberAsync(socket, key, limit.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return RefuseEvents(socket, exception);
        }

        return opened.Session is { } session
            ? await ReplayAsync(socket, session, query.LatestEventId, limit, cancellationToken)
            : Refuse(socket, opened.Refusal ?? ConnectRefusals.JoinFailed);
    }

    public void Connected(SocketConnection socket)
    {
        if (socket.State is Attendance attendance)
        {
            socket.Join($"room:{attendance.Session.Key.Id}");
            attendance.Session.Post(new SessionCommand.Join(attendance.Cursor));
            services.Metrics.Connected("accepted");
        }
    }

    public async ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        if (socketEvent.Name is not ("oh_user_action" or "oh_action") || socket.State is not Attendance attendance)
        {
            // As V0: what nobody listens to is ignored, and not acknowledged.
            return;
        }

        var problem = await TryActAsync(attendance.Session, socketEvent, new ScopedLogger(logger, socket.Scope));
        if (problem is null)
        {
            socketEvent.Ack?.Send("[]"u8);
            return;
        }

        var error = SessionNotices.Error(problem);
        socket.TrySend(EventFrames.Notice(error));
        socketEvent.Ack?.Send(EventWriter.Encode(new JArray(error)));
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason)
    {
        if (socket.State is Attendance attendance)
        {
            attendance.Session.Post(new SessionCommand.Leave(attendance.Cursor));
            attendance.Session.Exit();
        }
    }

    private async ValueTask<ConnectDecision> ReplayAsync(
        SocketConnection socket,
        ConversationSession session,
        int latestEventId,
        CancellationTokenSource limit,
        CancellationToken cancellationToken)
    {
        var entered = true;
        try
        {
            var cursor = session.CreateCursor(socket, latestEventId);
            session.Start();
            try
            {
                await cursor.ReplayAsync(services.Options.AgentStateLast, limit, services.Options.OpenTimeout, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The client has left during the replay. It is let in all the same: what it sent before is still to be done.
            }

            socket.State = new Attendance(session, cursor);
            entered = false;
            return ConnectDecision.Accepted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return RefuseEvents(socket, exception);
        }
        finally
        {
            if (entered)
            {
                session.Exit();
            }
        }
    }

    /// <summary>Lets the store know a conversation that a server behind it knows. V0's lists show it then; the conversation itself does without.</summary>
    private async ValueTask RememberAsync(SocketConnection socket, ConversationKey key, CancellationToken cancellationToken)
    {
        try
        {
            await EnsureKnownAsync(socket, key, create: true, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Log.NotRemembered(new ScopedLogger(logger, socket.Scope), exception, key.Id);
        }
    }

    /// <summary>Makes V0's metadata for a conversation that has none, where that is allowed. Damaged metadata harms no replay.</summary>
    private async Task<bool> EnsureKnownAsync(SocketConnection socket, ConversationKey key, bool create, CancellationToken cancellationToken)
    {
        // A disk that hangs keeps the thread that asks it: not the one that must give up in time.
        await Task.Yield();
        try
        {
            if (await store.ReadMetadataAsync(key, cancellationToken) is not null)
            {
                return true;
            }
        }
        catch (InvalidDataException exception)
        {
            Log.DamagedMetadata(new ScopedLogger(logger, socket.Scope), key.Id, exception.Message);
            return true;
        }

        if (!create)
        {
            return false;
        }

        await store.WriteMetadataAsync(key, ConversationMetadata.Create(key.Id, key.UserId, services.Clock.GetUtcNow()), cancellationToken);
        return true;
    }

    private static async ValueTask<string?> TryActAsync(ConversationSession session, SocketEvent socketEvent, ILogger connectionLogger)
    {
        var payload = EventJsonReader.TryRead(socketEvent.Arguments.Span, out var arguments) && arguments is JArray { Count: > 0 } array
            ? ActionPayload.Check(array[0])
            : new ActionPayloadResult.Refused("An action must be a JSON object.");
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
        catch (Exception exception)
        {
            Log.ActionFailed(connectionLogger, exception);
            return "The action could not be stored; please send it again.";
        }
    }

    private ConnectDecision RefuseEvents(SocketConnection socket, Exception exception)
    {
        Log.EventsNotAccessible(new ScopedLogger(logger, socket.Scope), exception);
        var problem = exception switch
        {
            OperationCanceledException => "the store did not answer in time",
            UnauthorizedAccessException => "access to the store was denied",
            _ => "the store could not be read",
        };
        return Refuse(socket, ConnectRefusals.EventsNotAccessible + problem);
    }

    private ConnectDecision Refuse(SocketConnection socket, string message)
    {
        Log.Refused(new ScopedLogger(logger, socket.Scope), message);
        services.Metrics.Connected(message.StartsWith(ConnectRefusals.EventsNotAccessible, StringComparison.Ordinal)
            ? ConnectRefusals.EventsNotAccessible.TrimEnd(' ', ':')
            : message);
        return ConnectDecision.Refused(message);
    }
}
