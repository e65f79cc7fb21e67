using Microsoft.Extensions.Options;

namespace Gateway.Agents.Echo;

/// <summary>Settings of the scripted agent.</summary>
internal sealed class EchoOptions
{
    public const string Section = "Echo";

    /// <summary>The pause before each step of a turn, so that a person can follow it, and stop it. At most 1 minute.</summary>
    public TimeSpan StepDelay { get; set; } = TimeSpan.FromMilliseconds(150);
}

/// <summary>The checks of <see cref="EchoOptions"/>.</summary>
internal sealed class EchoOptionsValidator : IValidateOptions<EchoOptions>
{
    public ValidateOptionsResult Validate(string? name, EchoOptions options) =>
        options.StepDelay >= TimeSpan.Zero && options.StepDelay <= TimeSpan.FromMinutes(1)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{EchoOptions.Section}:{nameof(options.StepDelay)} must be from 0 to 1 minute.");
}
