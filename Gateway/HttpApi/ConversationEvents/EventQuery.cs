using Gateway.HttpApi.Conventions;

namespace Gateway.HttpApi.ConversationEvents;

/// <summary>Which events are asked for, as V0's route takes it. Immutable.</summary>
/// <param name="FromId">The first id.</param>
/// <param name="ThroughId">The last id.</param>
/// <param name="IsReverse">The newest first.</param>
/// <param name="Limit">How many at most.</param>
internal sealed record EventQuery(int FromId, int ThroughId, bool IsReverse, int Limit)
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    private static readonly ApiAnswer s_invalidLimit = ApiAnswer.Detail(StatusCodes.Status400BadRequest, "Invalid limit");

    /// <summary>The query of a request, or the answer to a wrong one.</summary>
    public static (EventQuery? Query, ApiAnswer? Refusal) Read(HttpContext context)
    {
        var errors = new RequestErrors();
        var query = new RequestQuery(context.Request.Query, errors);
        var from = query.OptionalInteger("start_id") ?? 0;
        var through = query.OptionalInteger("end_id") ?? int.MaxValue;
        var isReverse = query.OptionalBoolean("reverse") ?? false;
        var limit = query.OptionalInteger("limit") ?? DefaultLimit;
        if (errors.Any)
        {
            return (null, errors.Answer);
        }

        return limit is < 0 or > MaxLimit
            ? (null, s_invalidLimit)
            : (new EventQuery(ToId(from), ToId(through), isReverse, limit), null);
    }

    // Ids are ints; -1 and below ask for nothing, or from the beginning.
    private static int ToId(int id) => Math.Clamp(id, -1, int.MaxValue - 1);
}
