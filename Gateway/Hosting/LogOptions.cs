namespace Gateway.Hosting;

/// <summary>How log lines are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line, with every property of the line by name.</summary>
    Json,
}

/// <summary>Where and how the log is written. Levels are .NET's own: <c>Logging:LogLevel:…</c>.</summary>
internal sealed class LogOptions
{
    public const string Section = "Log";

    public LogFormat Format { get; set; } = LogFormat.Text;
}
