using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>What a row does when its clients have seen a frame.</summary>
/// <param name="After">The frame, in the words of <see cref="DriftFrame"/>; null: at the start.</param>
/// <param name="Do">What is done then.</param>
internal sealed record DriftStep(string? After, Func<DriftStage, Task> Do);

/// <summary>
/// One row of the table: what a user of V0 does with a V1 agent, and the recording that shows what must be seen. A step waits for the next
/// frame that it names behind the one before it. Immutable.
/// </summary>
/// <param name="Recording">Where the model's words and the expected frames come from.</param>
internal sealed record DriftRow(string Name, string Recording, params DriftStep[] Steps)
{
    private const string Confirmation = "state awaiting_user_confirmation";
    private const string RunObservation = "agent observation run";

    public string ConfirmationPolicy { get; init; } = "NeverConfirm";

    /// <summary>As many of the recording's frames count; null: all, and nothing may follow.</summary>
    public int? Frames { get; init; }

    /// <summary>The model answers nothing but this status.</summary>
    public int? ModelFailure { get; init; }

    /// <summary>Turns of the model, from 0, whose answer is held back for the first who asks.</summary>
    public IReadOnlyList<int> Holds { get; init; } = [];

    /// <summary>The row needs the server to be restarted from outside.</summary>
    public bool NeedsRestart { get; init; }

    /// <summary>The row cuts the connection to the server.</summary>
    public bool NeedsCut { get; init; }

    public static IReadOnlyList<DriftRow> All { get; } =
    [
        new("message", "v1/hello", Say(null, "Hi")),
        new("tools", "v1/task-events", Say(null, "Fix it")),
        new("confirmation", "v1/confirm", Say(null, "Fix it"),
            Set(Confirmation, "user_confirmed"), Set(Confirmation, "user_confirmed"), Set(Confirmation, "user_confirmed"),
            Set(Confirmation, "user_rejected"), Say("state awaiting_user_input", "Go on another way"),
            Set(Confirmation, "user_confirmed"), Set(Confirmation, "user_confirmed")) { ConfirmationPolicy = "AlwaysConfirm" },
        Pausing("pause", 8, 2),
        Pausing("resume", 9, 3),
        Pausing("stop", 10, 4),
        Pausing("stop, go on, pause", 17, 7),
        new("errors", "v1/errors", Say(null, "Fail")),
        new("model refuses the key", "v1/llm-auth-error", Say(null, "Go")) { ModelFailure = 401 },
        new("model answers 400", "v1/llm-bad-request", Say(null, "Go")) { ModelFailure = 400 },
        new("reconnect", "v1/reconnect-session", Say(null, "Count"), new(RunObservation, static stage => stage.CutAsync()),
            new(RunObservation, static stage => stage.CutAsync())) { NeedsCut = true },
        new("client returns", "v1/reconnect-session", Say(null, "Count"),
            new(RunObservation, static stage => stage.ReturnAsync())),
        new("large output", "v1/big-output", Say(null, "Big")),
        new("two clients", "v1/two-subscribers", new(null, static stage => stage.JoinAsync()), Say(null, "Fix it"),
            new("state finished", static stage => stage.SayAsSecondAsync("And now?"))),
        new("restart", "v1/bad-frames", Say(null, "Hi"), new("state awaiting_user_input", static async stage =>
        {
            await stage.RestartAsync();
            await stage.SayAsync("Hi again");
        })) { NeedsRestart = true },
    ];

    /// <summary>Pause while the model is asked, resume, stop while it is asked again, go on, pause: as recorded, up to a step.</summary>
    private static DriftRow Pausing(string name, int frames, int steps) => new(
        name, "v1/pause-resume",
        [
            .. new[]
            {
                Say(null, "Count"),
                new(RunObservation, static stage => stage.SetWhenAskedAsync("paused", turn: 1)),
                new("state paused", static stage => stage.ReleaseAsync(turn: 1)),
                Set(RunObservation, "running"),
                new("state running", static stage => stage.SetWhenAskedAsync("stopped", turn: 2)),
                Say("state stopped", "Go on"),
                new(RunObservation, static stage => stage.SetWhenAskedAsync("paused", turn: 3)),
                new("state paused", static stage => stage.ReleaseAsync(turn: 3)),
            }.Take(steps + 1),
        ])
    { Frames = frames, Holds = [1, 2, 3] };

    private static DriftStep Say(string? after, string text) => new(after, stage => stage.SayAsync(text));

    private static DriftStep Set(string after, string state) => new(after, stage => stage.SetAsync(state));
}
