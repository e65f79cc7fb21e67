using Gateway.Primitives;

using Microsoft.Extensions.Configuration.Memory;

using NLog;
using NLog.Config;
using NLog.Layouts;
using NLog.Targets;
using NLog.Web;

using LogLevel = NLog.LogLevel;

namespace Gateway.Hosting;

/// <summary>
/// Sets NLog up: one console target, each line with its connection and conversation where it has one, and every line through the
/// redactor, so that no library's line can show a secret either.
/// </summary>
internal static class Logging
{
    private const string Time = "${date:universalTime=true:format=yyyy-MM-ddTHH\\:mm\\:ss.fffZ}";
    private const string Connection = "${scopeproperty:connection_id}";
    private const string Conversation = "${scopeproperty:conversation_id}";

    // Before every other source, so that any of them can say otherwise.
    private static readonly Dictionary<string, string?> s_levels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",

        // It prints a start that failed with its stack; the command line says it in one line.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
    };

    public static void UseGatewayLog(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(LogOptions.Section).Get<LogOptions>() ?? new LogOptions();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = s_levels });
        builder.Logging.ClearProviders();
        builder.Logging.AddNLogWeb(CreateFactory(options), new NLogAspNetCoreOptions { RemoveLoggerFactoryFilter = false });
    }

    private static LogFactory CreateFactory(LogOptions options)
    {
        var factory = new LogFactory();
        var configuration = new LoggingConfiguration(factory);
        var console = new ConsoleTarget("console") { Layout = new RedactedLayout(LayoutFor(options.Format)) };

        // The levels are .NET's own settings (Logging:LogLevel); what passes them is written.
        configuration.AddRule(LogLevel.Trace, LogLevel.Fatal, console);
        factory.Configuration = configuration;
        return factory;
    }

    private static Layout LayoutFor(LogFormat format) => format switch
    {
        LogFormat.Json => JsonLines(),
        _ => new SimpleLayout(
            $"{Time} ${{level:uppercase=true:padding=-5}} ${{logger:shortName=true}}"
            + $"${{when:when=length('{Connection}') > 0:inner= [{Connection} {Conversation}]}}"
            + " ${message}${onexception:${newline}${exception:format=tostring}}"),
    };

    private static JsonLayout JsonLines()
    {
        var layout = new JsonLayout { IncludeEventProperties = true, IncludeScopeProperties = true };
        layout.Attributes.Add(new JsonAttribute("time", Time));
        layout.Attributes.Add(new JsonAttribute("level", "${level}"));
        layout.Attributes.Add(new JsonAttribute("logger", "${logger}"));
        layout.Attributes.Add(new JsonAttribute("message", "${message}"));
        layout.Attributes.Add(new JsonAttribute("exception", "${exception:format=tostring}"));
        return layout;
    }

    /// <summary>Masks secrets in the whole line, whatever part of it they are in.</summary>
    private sealed class RedactedLayout(Layout inner) : Layout
    {
        protected override string GetFormattedMessage(LogEventInfo logEvent) => SecretRedactor.ForLogs.RedactText(inner.Render(logEvent));
    }
}
