using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, with every property of the line by name.</summary>
    Json,
}

/// <summary>Where and how the log is written. Levels are .NET's own: <c>Logging:LogLevel:…</c>. Read once, at start.</summary>
internal sealed class LogOptions
{
    public const string Section = "Log";

    /// <summary><c>Text</c> for people, or <c>Json</c>: an object a line, with every property by name. On standard output.</summary>
    public LogFormat Format { get; set; } = LogFormat.Text;

    /// <summary>Bytes of log lines that may wait for an output that is not read; beyond them the oldest are dropped, and counted.</summary>
    [Range(64 * 1_024, 256 * 1_024 * 1_024)]
    public int MaxQueuedBytes { get; set; } = 4 * 1_024 * 1_024;
}

/// <summary>The attribute checks of <see cref="LogOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class LogOptionsAttributeValidator : IValidateOptions<LogOptions>;
