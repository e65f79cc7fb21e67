using Microsoft.Extensions.Options;

namespace Gateway.Tools.RecordedAgent;

/// <summary>Settings of the recorded agent.</summary>
internal sealed class RecordedOptions
{
    public const string Section = "Recorded";

    /// <summary>
    /// The fixture: a folder with <c>session.har</c>, or a HAR file; <c>store-after/</c> beside it is used when it is there.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>
    /// How many restarts of the recorded server came before this process, when a restart is played. -1: restarts are passed over, and all
    /// is played in one go.
    /// </summary>
    public int RestartIndex { get; set; } = -1;

    /// <summary>
    /// The recorded REST calls are made as well: what they sent is waited for, and a stop ends what came before it. Otherwise the agent
    /// does all that by itself.
    /// </summary>
    public bool Rest { get; set; }
}

/// <summary>The checks of <see cref="RecordedOptions"/>.</summary>
internal sealed class RecordedOptionsValidator : IValidateOptions<RecordedOptions>
{
    public ValidateOptionsResult Validate(string? name, RecordedOptions options) => RecordedFile.Find(options.Path) is null
        ? ValidateOptionsResult
            .Fail($"{RecordedOptions.Section}:{nameof(options.Path)} must name a recording: a HAR file, or a folder that holds session.har.")
        : ValidateOptionsResult.Success;
}
