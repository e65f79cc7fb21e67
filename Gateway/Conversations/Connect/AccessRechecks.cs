using System.Diagnostics;

using Gateway.Access;
using Gateway.Primitives;
using Gateway.SocketIO;

namespace Gateway.Conversations.Connect;

/// <summary>
/// Asks the access policy again about clients that are connected, each at its own times (<see cref="AccessOptions.RecheckInterval"/>), and
/// when what it has shown ends. Who is refused is disconnected; while nobody can decide it, everybody stays and is asked about again. One
/// instance for the process; any thread.
/// </summary>
internal sealed partial class AccessRechecks(
    AccessOptions options, IAccessPolicy policy, AccessMetrics metrics, TimeProvider timeProvider, ILogger<AccessRechecks> logger)
{
    // Of a decision that ends at once: it is asked for anew, and not in a tight loop.
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);

    /// <summary>False: nobody is asked about twice, and nothing need be kept for it.</summary>
    public bool AreOn => options.RecheckInterval > TimeSpan.Zero;

    /// <summary>Begins for a client that has been let in; ends with its socket.</summary>
    /// <param name="socket">The client's.</param>
    /// <param name="admission">What it was let in by.</param>
    public void Start(SocketConnection socket, Admission admission)
    {
        if (AreOn)
        {
            _ = RunAsync(socket, admission);
        }
    }

    private async Task RunAsync(SocketConnection socket, Admission admission)
    {
        // It outlives the CONNECT that has begun it, and is no part of its trace.
        Activity.Current = null;
        var until = admission.Until;
        try
        {
            while (true)
            {
                await Task.Delay(WaitUntil(until), timeProvider, socket.Closing);
                var decision = (await policy.DecideAsync(admission.Request, socket.Closing)).Require(AccessRights.Read);
                var outcome = OutcomeOf(decision, admission.Caller);
                metrics.Rechecked(outcome);
                if (outcome is "refused" or "another_user")
                {
                    Log.Ended(new ScopedLogger(logger, socket.Scope), decision.Refusal?.Outcome ?? outcome);
                    socket.EndAccess();
                    return;
                }

                until = decision.Until;
            }
        }
        catch (OperationCanceledException) when (socket.Closing.IsCancellationRequested)
        {
            // The client has left.
        }
        catch (Exception exception)
        {
            // As at its CONNECT: what the policy cannot decide is no access.
            Log.Failed(new ScopedLogger(logger, socket.Scope), exception);
            metrics.Rechecked("failed");
            socket.EndAccess();
        }
    }

    // A fixed text.
    private static string OutcomeOf(in AccessDecision decision, Caller caller) => decision switch
    {
        { Refusal.Kind: RefusalKind.Unavailable } => "unavailable",
        { Refusal: not null } => "refused",
        { Caller.UserId: var user } when user != caller.UserId => "another_user",
        _ => "allowed",
    };

    /// <summary>Clients that came together are not asked about together.</summary>
    private TimeSpan WaitUntil(DateTimeOffset? until)
    {
        var interval = Jitter.Around(options.RecheckInterval);
        var left = until - timeProvider.GetUtcNow();
        return left is { } end && end < interval ? (end > s_shortestWait ? end : s_shortestWait) : interval;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The client may not be here any more, and is disconnected: {Reason}.")]
        public static partial void Ended(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "The access policy could not decide again; the client is disconnected.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

/// <summary>What a client was let in by. Holds its secrets, as its handshake does: never log it. Immutable.</summary>
/// <param name="Request">The question that was asked.</param>
/// <param name="Caller">The answer.</param>
/// <param name="Until">When that ends; null when nobody says.</param>
internal sealed record Admission(AccessRequest Request, Caller Caller, DateTimeOffset? Until);
