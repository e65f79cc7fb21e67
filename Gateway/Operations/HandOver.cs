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

    private volatile bool _hasBegun;

    /// <summary>The operator wants it so (<see cref="EngineOptions.HandOverTime"/>).</summary>
    public bool IsOn => options.Value.HandOverTime > TimeSpan.Zero;

    /// <summary>Requests should come by new connections: the next process has those. Any thread.</summary>
    public bool HasBegun => _hasBegun;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_hasBegun)
        {
            // A host that is told to stop again has nothing left.
            return;
        }

        listening.Close();
        _hasBegun = true;
        if (await listening.TakenOverAsync(cancellationToken))
        {
            Log.Begins(logger);
        }
        else
        {
            Log.NobodyCame(logger, options.Value.HandOverTime);
        }

        conversations.StopOpening();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var groups = FindGroups();
        var ofConversations = groups.Where(static group => group.Conversation is not null);
        var looking = LookForWantedAsync(ofConversations.ToDictionary(static group => group.Conversation!.Key), ended.Token);
        await connections.LetGoAsync(groups.Select(static group => group.Leaving), timeProvider, cancellationToken);
        await ended.CancelAsync();
        await looking;
    }

    /// <summary>Each open conversation with its clients, and each client that has none.</summary>
    private List<Group> FindGroups()
    {
        var clients = conversations.ListRunning().ToDictionary(static session => session, static _ => new List<EngineSession>());
        var groups = new List<Group>();
        foreach (var connection in connections.Sessions)
        {
            // A connection that is in several conversations leaves with one of them, and comes back for all.
            var client = SocketServer.FindSockets(connection.Receiver).Select(ConversationNamespace.ClientOf)
                .FirstOrDefault(static client => client is not null);
            if (client is { } known && clients.TryGetValue(known.Session, out var others))
            {
                others.Add(connection);
            }
            else
            {
                groups.Add(new Group(null, [connection]));
            }
        }

        groups.AddRange(clients.Select(static pair => new Group(pair.Key, pair.Value)));
        return groups;
    }

    private async Task LookForWantedAsync(Dictionary<ConversationKey, Group> groups, CancellationToken cancellationToken)
    {
        try
        {
            while (groups.Count > 0)
            {
                foreach (var key in await claims.FindWantedAsync(groups.Keys, cancellationToken))
                {
                    if (groups.Remove(key, out var group))
                    {
                        await group.LeaveAsync();
                    }
                }

                await Task.Delay(s_lookInterval, timeProvider, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // All have gone, or the time is over.
        }
        catch (StorageException exception)
        {
            // Each goes at its own moment.
            Log.NotLooked(logger, exception);
        }
    }

    /// <summary>A conversation and its clients, or a client without one.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: nothing to dispose.")]
    private sealed class Group
    {
        private readonly CancellationTokenSource _now = new();

        public Group(ConversationSession? conversation, IReadOnlyList<EngineSession> clients)
        {
            Conversation = conversation;
            Leaving = conversation is null
                ? new LeavingSessions(clients)
                : new LeavingSessions(clients) { Now = _now.Token, BeforeEnd = token => CloseAsync(conversation, token) };
        }

        public ConversationSession? Conversation { get; }

        public LeavingSessions Leaving { get; }

        public Task LeaveAsync() => _now.CancelAsync();

        // What clients have said is stored. Its agent may end while they are on their way.
        private static Task CloseAsync(ConversationSession conversation, CancellationToken cancellationToken)
        {
            conversation.Post(new SessionCommand.Close(SessionCloseReason.ServerShutdown));
            return conversation.LogClosed.WaitAsync(cancellationToken);
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
    }
}
