using System.Diagnostics;
using System.Text.Json;

using NLog;
using NLog.Layouts;

namespace Gateway.Hosting;

/// <summary>
/// A log line as one JSON object: <c>time</c>, <c>level</c>, <c>logger</c>, <c>message</c>, <c>exception</c> where there is one,
/// <c>trace_id</c> and <c>span_id</c> within a recorded span, and every property of the message and of its scopes. A property has one
/// spelling, small with underscores, whoever wrote the line, and stands in it once: the message's own goes before its scopes'. Any thread.
/// </summary>
internal sealed class JsonLineLayout : Layout
{
    private static readonly HashSet<string> s_own = ["time", "level", "logger", "message", "exception", "trace_id", "span_id"];

    // Scopes of the web server, which say the same as our own or nothing: its own number of the connection under the name that ours has.
    private static readonly HashSet<string> s_leftOut =
        ["ConnectionId", "RequestId", "SpanId", "TraceId", "ParentId", "TransportConnectionId", "{OriginalFormat}"];

    public JsonLineLayout(string time)
    {
        var inner = new JsonLayout { IncludeEventProperties = true, IncludeScopeProperties = false };
        inner.Attributes.Add(new JsonAttribute("time", time));
        inner.Attributes.Add(new JsonAttribute("level", "${level}"));
        inner.Attributes.Add(new JsonAttribute("logger", "${logger}"));
        inner.Attributes.Add(new JsonAttribute("message", "${message}"));
        inner.Attributes.Add(new JsonAttribute("exception", "${exception:format=tostring}"));
        Inner = inner;
    }

    /// <summary>NLog sets up what it finds in a layout's properties, and nothing else.</summary>
    public Layout Inner { get; }

    protected override string GetFormattedMessage(LogEventInfo logEvent)
    {
        var shown = new LogEventInfo(logEvent.Level, logEvent.LoggerName, logEvent.FormattedMessage)
        {
            TimeStamp = logEvent.TimeStamp,
            Exception = logEvent.Exception,
        };
        if (Activity.Current is { Recorded: true } span)
        {
            shown.Properties["trace_id"] = span.TraceId.ToString();
            shown.Properties["span_id"] = span.SpanId.ToString();
        }

        if (logEvent.HasProperties)
        {
            foreach (var (name, value) in logEvent.Properties)
            {
                Add(shown, name as string, value);
            }
        }

        foreach (var (name, value) in ScopeContext.GetAllProperties())
        {
            Add(shown, name, value);
        }

        return Inner.Render(shown);
    }

    private static void Add(LogEventInfo shown, string? name, object? value)
    {
        if (string.IsNullOrEmpty(name) || s_leftOut.Contains(name))
        {
            return;
        }

        var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        shown.Properties.TryAdd(s_own.Contains(key) ? $"{key}_value" : key, Plain(value));
    }

    // A time to count with, in seconds; a conversation of V1's by the spelling that it has everywhere else.
    private static object? Plain(object? value) => value switch
    {
        TimeSpan duration => duration.TotalSeconds,
        Guid id => id.ToString("N"),
        _ => value,
    };
}
