using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Upstream;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Actions;

/// <summary>What has become of a message.</summary>
internal enum MessageFate
{
    /// <summary>V1 has it, and runs if it was to.</summary>
    Taken,

    /// <summary>V1 has it, and does not run: too many conversations do.</summary>
    NotRun,

    /// <summary>V1 has it; whether it runs is to be asked.</summary>
    RunUnknown,

    /// <summary>V1 does not have it, for certain, and will not.</summary>
    Refused,

    /// <summary>V1 has not answered in time and its log does not show it: it may come yet.</summary>
    Unknown,
}

/// <summary>A message's fate, and the server's reason for a refusal.</summary>
internal readonly record struct MessageOutcome(MessageFate Fate, string? Problem = null);

/// <summary>
/// Brings one message at a time into V1's log: once, whatever the network and the server do. A call without an answer is no refusal; the
/// message's own event is what acknowledges it, and it is sent again only when the server has been started anew since and its log does not
/// have it. What waits for the user is rejected before each call. Used by one loop.
/// </summary>
internal sealed class MessageSender(ConversationApi api, MessageWatch watch, RoomStatus room, StateChanges changes)
{
    private const string StillWaiting = "The agent server has not answered yet; the message is still waited for.";

    private const string NotMade = "The agent server has not made this conversation in time.";

    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestLookDelay = TimeSpan.FromSeconds(10);

    /// <param name="mayRun">Asked before each call, whether V1 is to run the message or only to store it.</param>
    public async Task<MessageOutcome> SendAsync(JObject args, Func<bool> mayRun, CancellationToken cancellationToken)
    {
        var content = ActionMapper.Content(args);
        var sent = watch.Begin(content);
        var sending = SendAsync(content, mayRun, sent, cancellationToken);
        try
        {
            var waits = !await RoomStatus.EndsInTimeAsync(
                Task.WhenAny(sending, sent.Shown), api.Timeout, api.TimeProvider, cancellationToken);
            if (waits)
            {
                await room.BeginWaitAsync(StillWaiting, cancellationToken);
            }

            var outcome = await sending;
            if (waits)
            {
                await room.EndWaitAsync(cancellationToken);
            }

            return outcome;
        }
        finally
        {
            watch.End();
        }
    }

    private async Task<MessageOutcome> SendAsync(
        JArray content, Func<bool> mayRun, WatchedMessage sent, CancellationToken cancellationToken)
    {
        if (!await RoomStatus.EndsInTimeAsync(api.Made, api.ActionTimeout, api.TimeProvider, cancellationToken))
        {
            return new MessageOutcome(MessageFate.Refused, NotMade);
        }

        var begun = api.TimeProvider.GetTimestamp();
        while (true)
        {
            if (await changes.RejectWaitingAsync(cancellationToken) is { } notRejected)
            {
                return new MessageOutcome(MessageFate.Refused, notRejected);
            }

            var started = api.TimeProvider.GetTimestamp();
            var result = await PostAsync(api.Calls.Message(content, mayRun()), sent, cancellationToken);
            if (result.IsSuccess)
            {
                return new MessageOutcome(MessageFate.Taken);
            }

            if (result.Status == 429)
            {
                return new MessageOutcome(MessageFate.NotRun);
            }

            // What lies between may have given up while the server goes on; the server's own failure may have come after the storing.
            var isOpen = result.IsUnknown || result.IsTooLarge || result.Status is 502 or 504;
            if (!isOpen && result.Status != 500 && !sent.IsShown)
            {
                return new MessageOutcome(MessageFate.Refused, result.Problem);
            }

            if (await FindOutAsync(sent, started, begun, isOpen, cancellationToken) is { } found)
            {
                return found == MessageFate.Refused ? new MessageOutcome(found, result.Problem) : new MessageOutcome(found);
            }
        }
    }

    /// <summary>
    /// Ends with the answer, or soon after the log has shown the message: then only the answer's word on the run is missing.
    /// </summary>
    private async Task<RestResult> PostAsync(UpstreamCall call, WatchedMessage sent, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var posting = api.PostAsync(call, giveUp.Token);
        await Task.WhenAny(posting, sent.Shown);
        if (posting.IsCompleted || await RoomStatus.EndsInTimeAsync(posting, api.Timeout, api.TimeProvider, cancellationToken))
        {
            return await posting;
        }

        await giveUp.CancelAsync();
        try
        {
            return await posting;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return RestResult.NoAnswer;
        }
    }

    /// <summary>
    /// Looks for the message until it shows, or until it cannot come any more: <see cref="MessageFate.Refused"/> where the server itself
    /// has answered that something failed, or no time is left; null where it was started anew since, and the message may be sent again.
    /// </summary>
    private async Task<MessageFate?> FindOutAsync(
        WatchedMessage sent, long started, long begun, bool isOpen, CancellationToken cancellationToken)
    {
        var delay = s_firstLook;
        while (!sent.IsShown)
        {
            // In this order: what a server that has begun anew does not have in its log now, it will never have.
            var hasRestarted = await api.HasRestartedAsync(started, cancellationToken);
            var has = await api.HasAsync(sent, cancellationToken);
            var left = api.ActionTimeout - api.TimeProvider.GetElapsedTime(begun);
            switch (has)
            {
                case true:
                    sent.OnShown();
                    continue;
                case false when !isOpen:
                    return MessageFate.Refused;
                case false when hasRestarted == true:
                    return left > TimeSpan.Zero ? null : MessageFate.Refused;
            }

            if (left <= TimeSpan.Zero)
            {
                return MessageFate.Unknown;
            }

            await RoomStatus.EndsInTimeAsync(sent.Shown, delay < left ? delay : left, api.TimeProvider, cancellationToken);
            delay = delay * 2 < s_longestLookDelay ? delay * 2 : s_longestLookDelay;
        }

        return MessageFate.RunUnknown;
    }
}
