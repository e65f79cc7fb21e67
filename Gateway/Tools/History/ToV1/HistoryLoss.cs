namespace Gateway.Tools.History.ToV1;

/// <summary>
/// What becomes another thing, or nothing, on the way from V0 to V1. The whole list is <see cref="All"/>; docs/history.md is made from it.
/// Immutable.
/// </summary>
/// <param name="What">What V0 has.</param>
/// <param name="Becomes">What V1 gets in its place.</param>
/// <param name="IsContent">What was said is not in V1 at all; otherwise only its dress is another one.</param>
internal sealed record HistoryLoss(string What, string Becomes, bool IsContent = false)
{
    public static readonly HistoryLoss StrangeMessage = new(
        "a message of the environment", "nothing: V1 would take it for a user's", IsContent: true);

    public static readonly HistoryLoss OtherPrompt = new(
        "a further system prompt, with another text", "nothing: V1 has one, at the beginning", IsContent: true);

    public static readonly HistoryLoss OtherTool = new(
        "a call of a tool that V1 does not have", "a call of an MCP tool with the same name and arguments, its result as that tool's");

    public static readonly HistoryLoss WrittenFile = new(
        "`write`, a whole file at once", "`file_editor`'s `create`; back in V0 it is an `edit`");

    public static readonly HistoryLoss NoResult = new(
        "a call without a result", "the call and an error that says so: V1 would run it as soon as its agent goes on");

    public static readonly HistoryLoss LooseResult = new(
        "a result whose call is not there", "the result, and a call made of what it says");

    public static readonly HistoryLoss LooseError = new(
        "an error that answers no call", "the error, as the result of a call that could not be run: V1's own form for it");

    public static readonly HistoryLoss SecondResult = new(
        "a second result of one call", "a result of its own: V1 has one for each call, and the tool's own stays with it");

    public static readonly HistoryLoss UserCall = new("a command of the user's own", "a call of the agent's: V1 knows no other");

    public static readonly HistoryLoss MovedResult = new(
        "something that came between a call and its result", "the same, after the result: a model wants the two together");

    public static readonly HistoryLoss MovedPrompt = new("a system prompt after the first message", "the first event, as V1 wants it");

    public static readonly HistoryLoss MadePrompt = new("no system prompt", "a short one: V1 begins no conversation without");

    public static readonly HistoryLoss ToolList = new("the list of tools beside the system prompt", "nothing: V1's agent brings its own");

    public static readonly HistoryLoss FileUrls = new("`file_urls` of a message", "nothing: V1's messages have text and images");

    public static readonly HistoryLoss Workspace = new(
        "what V0 found out about the workspace (`recall`)", "nothing: V1 finds it out for itself");

    public static readonly HistoryLoss StateRequest = new(
        "`change_agent_state`, the wish for a state", "nothing: V1 keeps the states, and those are carried over");

    public static readonly HistoryLoss State = new("an agent's state that V1 does not have", "nothing, or the nearest of V1's");

    public static readonly HistoryLoss Metrics = new("`llm_metrics`, the costs so far", "nothing: V1's own count begins at zero");

    public static readonly HistoryLoss OpenRequest = new(
        "a `condensation_request` that no condensation has followed", "nothing: V1 would begin with it");

    public static readonly HistoryLoss HalfPair = new(
        "half a surrogate pair in a text, which is no character", "U+FFFD in its place: V1's reader refuses an event with one");

    public static IReadOnlyList<HistoryLoss> All { get; } =
    [
        StrangeMessage, OtherPrompt, OtherTool, WrittenFile, NoResult, SecondResult, LooseResult, LooseError, UserCall, MovedResult,
        MovedPrompt, MadePrompt, ToolList, FileUrls, Workspace, StateRequest, State, Metrics, OpenRequest,
        HalfPair,
    ];
}
