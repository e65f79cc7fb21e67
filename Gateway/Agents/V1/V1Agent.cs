using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>
/// A V1 agent behind a V0 conversation: one upstream connection, whatever the number of clients, from the session's start to its end.
/// Made by <see cref="V1AgentFactory"/>; owned by the session. Actions come from any thread.
/// </summary>
internal sealed partial class V1Agent(
    Guid conversationId, UpstreamConnection connection, V1RestClient rest, ISideFile mapFile, V1Services services)
    : IAgentBackend
{
    // Part of the client's wait for its CONNECT answer: what does not fit comes live.
    private static readonly TimeSpan s_openLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _closing = new();
    private readonly UserTerminal _terminal = new(connection, rest);
    private volatile ConversationBridge? _bridge;
    private Task _running = Task.CompletedTask;

    // Of a server that is not there nobody knows whether it works: such a session may close as idle.
    public bool IsBusy => _terminal.IsBusy
        || (_bridge?.Status == Translation.V1Status.Running && connection.State == Upstream.UpstreamState.Open);

    public string? UpstreamState => connection.State.ToString().ToUpperInvariant();

    public async ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_openLimit, services.Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _closing.Token);
        try
        {
            var info = await connection.ProbeAsync(stop.Token);
            if (info.Status is 401 or 403 or 404)
            {
                if (info.IsUnauthorized)
                {
                    Log.KeyRefused(services.Logger, conversationId);
                }

                return BackendOpening.Refused("Failed to join conversation");
            }

            var bridge = await LoadAsync(conversation, stop.Token);
            await bridge.BeginAsync(stop.Token);
            if (info.Object is { } known && connection.Endpoint is { } endpoint)
            {
                await bridge.ConnectedAsync(known, stop.Token);
                var log = new LogReader(rest, endpoint, conversationId, bridge);
                await log.AlignAsync(stop.Token);
                await log.ReadAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // A slow server, or a long history: the rest comes with the connection.
        }

        return BackendOpening.Ready;
    }

    public ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _running = Task.Run(() => Task.WhenAll(RunAsync(conversation), RunTerminalAsync(conversation)), CancellationToken.None);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken)
    {
        if (_bridge?.EndReason is { } reason)
        {
            return ActionDisposition.Refuse(reason);
        }

        var mapped = ActionMapper.Map(action.Json, conversationId, _bridge?.Status);
        if (mapped.Refusal is not null)
        {
            return ActionDisposition.Refuse(mapped.Refusal);
        }

        if (mapped.IsStop)
        {
            _bridge?.RequestStop();
        }

        foreach (var call in mapped.Calls)
        {
            var result = connection.Endpoint is { } endpoint
                ? await rest.CallAsync(endpoint, call, null, cancellationToken)
                : RestResult.Unreachable;
            if (!result.IsSuccess)
            {
                Log.NotHandedOn(services.Logger, conversationId, result.Problem);
                return ActionDisposition.Refuse(result.Problem);
            }
        }

        return mapped.StoredBySession ? ActionDisposition.Store : ActionDisposition.Taken;
    }

    public ValueTask OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken)
    {
        if (V0Events.Parse(storedEvent) is { } stored && stored.Text("action") == "run" && !_terminal.TryPost(storedEvent.Id, stored))
        {
            throw new InvalidOperationException("Too many commands of users wait already.");
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        connection.SetState(Upstream.UpstreamState.Closing);
        await _closing.CancelAsync();
        await _running;
        connection.SetState(Upstream.UpstreamState.Closed);
        _closing.Dispose();
    }

    private async Task RunAsync(IAgentConversation conversation)
    {
        var cancellationToken = _closing.Token;
        var wait = TimeSpan.Zero;
        while (true)
        {
            try
            {
                await Task.Delay(wait, services.Clock, cancellationToken);
                // The memory of one that failed in the middle of something is not trusted: it is read anew.
                var bridge = await LoadAsync(conversation, cancellationToken);
                await connection.RunAsync(bridge, cancellationToken);
                return;
            }
            catch (OperationCanceledException)
            {
                // The session closes, or has closed: the end of this loop either way.
                return;
            }
            catch (Exception exception)
            {
                Log.BridgeFailed(services.Logger, exception, conversationId);
                wait = connection.RestartDelay;
            }
        }
    }

    private async Task RunTerminalAsync(IAgentConversation conversation)
    {
        try
        {
            await _terminal.RunAsync(conversation, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // The session closes.
        }
        catch (Exception exception)
        {
            Log.TerminalFailed(services.Logger, exception, conversationId);
        }
    }

    private async ValueTask<ConversationBridge> LoadAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        var bridge = await ConversationBridge.LoadAsync(conversation, new V1Map(mapFile), services.Metrics, cancellationToken);
        _bridge = bridge;
        return bridge;
    }
}
