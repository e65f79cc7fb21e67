using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Observe;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>Mode <c>read</c>: each replay when V0 has given it, each REST call that reads. Belongs to the tap's reader.</summary>
internal sealed class ReadSink(ComparisonRunner runner, ShadowCounters counters, ShadowLimits limits) : ISessionSink
{
    public void Began(ObservedSession session)
    {
    }

    public void Answered(ObservedSession session)
    {
        // What follows is live: not of this mode.
        (session.IsClosed, session.IsGiven) = (true, true);
        runner.Add(ComparisonJob.OfReplay(session));
    }

    public void Ended(ObservedSession session)
    {
        if (session.IsGiven)
        {
            return;
        }

        counters.Free(session.Bytes);
        if (!session.IsClosed)
        {
            session.IsClosed = true;
            counters.Drop(DropReason.NotAnswered);
        }
    }

    public void Called(HarEntry entry)
    {
        var call = new RestCall(1, entry);
        if (entry.Method != "GET" || !(call.IsApi || !call.IsPageAsked))
        {
            return;
        }

        var bytes = 2L * ((entry.ResponseBody?.Length ?? 0) + (entry.RequestBody?.Length ?? 0));
        if (!counters.TryKeep(bytes, limits.MaxKeptBytes))
        {
            counters.Drop(DropReason.Memory);
            return;
        }

        runner.Add(new ComparisonJob(
            JobKind.Call, call.ConversationId ?? "", call.Name, ClientName.Of(entry), [entry], entry.Duration, bytes));
    }

    public void Sweep(DateTimeOffset time)
    {
    }
}
