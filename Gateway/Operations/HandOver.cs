using System.Diagnostics.CodeAnalysis;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.EngineIO;
using Gateway.EngineIO.Kestrel;
using Gateway.EngineIO.Sessions;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>
/// How a process that stops gives its place to the next one on the same addresses: it listens no more, serves its clients until the next
/// one listens, and then hands its conversations over one after another, each with its clients, over
/// <see cref="EngineOptions.StopSpread"/>. One for which the next process has a client already goes at once. Called by the
/// <see cref="StopSequence"/>.
/// </summary>
internal sealed partial class HandOver(
    SessionRegistry connections,
    ConversationRegistry conversations,
    IConversationClaims claims,
    ListenSockets listening,
    IOptions<EngineOptions> options,
    TimeProvider timeProvider,
    ILogger<HandOver> logger)
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_handlersLimit = TimeSpan.FromSeconds(5);

    private bool _wasAsked;
    private volatile bool _hasSuccessor;

    /// <summary>The operator wants it so (<see cref="EngineOptions.HandOverTime"/>).</summary>
    public bool IsOn => options.Value.HandsOver;

    /// <summary>Requests should come by new connections: the next process has those. Any thread.</summary>
    public bool HasSuccessor => _hasSuccessor;

    /// <summary>Never throws: what is left undone is left to what comes next in the stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_wasAsked)
        {
            // A host that is told to stop again has nothing left.
            return;
        }

        _wasAsked = true;
        try
        {
            listening.Close();
            _hasSuccessor = await listening.TakenOverAsync(cancellationToken);
            if (_hasSuccessor)
            {
                Log.Begins(logger);
            }
            else
            {
                Log.NobodyCame(logger, options.Value.HandOverTime);
            }

            await conversations.StopOpeningAsync(cancellationToken);
            await LetGoAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            Log.GaveUp(logger, exception);
        }
    }

    private async Task LetGoAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var groups = conversations.ListRunning().Select(static session => new Group(session)).ToList();
        var looking = LookForWantedAsync(groups, ended.Token);

        // A connection that is in several conversations leaves with the first of them, and comes back for all.
        var alone = connections.Sessions.Where(static session => !IsClient(session)).Select(LeavingSessions.Of);
        await connections.LetGoAsync(groups.Select(static group => group.Leaving).Concat(alone), timeProvider, cancellationToken);
        await ended.CancelAsync();
        await looking;
    }

    private static bool IsClient(EngineSession session) =>
        SocketServer.FindSockets(session.Receiver).Any(static socket => ConversationNamespace.ClientOf(socket) is not null);

    private async Task LookForWantedAsync(List<Group> groups, CancellationToken cancellationToken)
    {
        // One that closes while it is opened anew is there twice.
        var waiting = groups.ToLookup(static group => group.Conversation.Key);
        ConversationKey[] keys = [.. waiting.Select(static same => same.Key)];
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                foreach (var group in (await claims.FindWantedAsync(keys, cancellationToken)).SelectMany(key => waiting[key]))
                {
                    await group.LeaveAsync();
                }

                await Task.Delay(s_lookInterval, timeProvider, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // All have gone, or the time is over.
        }
        catch (IOException exception)
        {
            // Each goes at its own moment.
            Log.NotLooked(logger, exception);
        }
    }

    /// <summary>A conversation and its clients.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
    private sealed class Group
    {
        private readonly CancellationTokenSource _now = new();

        public Group(ConversationSession conversation)
        {
            Conversation = conversation;
            Leaving = new LeavingSessions(FindClients)
            {
                Now = _now.Token,
                HandlersLimit = s_handlersLimit,
                BeforeEnd = CloseAsync,
            };
        }

        public ConversationSession Conversation { get; }

        public LeavingSessions Leaving { get; }

        public Task LeaveAsync() => _now.CancelAsync();

        private List<EngineSession> FindClients() =>
            [.. Conversation.ListSockets().Select(static socket => socket.Connection).OfType<EngineSession>()];

        // What clients have said is stored. Its agent may end while they are on their way.
        private Task CloseAsync(CancellationToken cancellationToken)
        {
            Conversation.Post(new SessionCommand.Close(SessionCloseReason.ServerShutdown));
            return Conversation.LogClosed.WaitAsync(cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The next process listens; conversations and clients are handed over.")]
        public static partial void Begins(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "No other process listens after {HandOverTime}; clients are let go all the same.")]
        public static partial void NobodyCame(ILogger logger, TimeSpan handOverTime);

        [LoggerMessage(3, LogLevel.Warning, "What the next process waits for cannot be seen any more.")]
        public static partial void NotLooked(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Error, "The hand-over was not done to its end; the process stops all the same.")]
        public static partial void GaveUp(ILogger logger, Exception exception);
    }
}
