using System.Globalization;

using Gateway.Access;
using Gateway.Agents.V1;
using Gateway.Cluster;
using Gateway.Conversations;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Operations;
using Gateway.Primitives;

using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

using NLog;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Layouts;
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

    // A shorter key would take ordinary words with it; it is masked by its names alone.
    private const int ShortestSecret = 6;

    // Before every other source, so that any of them can say otherwise.
    private static readonly Dictionary<string, string?> s_levels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        // It tells every request's address, in which a key may stand, and each one that fails with its stack; what matters is told by us.
        ["Logging:LogLevel:Yarp"] = "None",
        // It prints a start that failed with its stack; the command line says it in one line.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
    };

    public static void UseGatewayLog(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<LogOptions>, LogOptionsAttributeValidator>();
        builder.Services.AddSingleton<IValidateOptions<LogOptions>>(LogLevels.Check(builder.Configuration));
        var options = ReadOptions(builder.Configuration.GetSection(LogOptions.Section));
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = s_levels });
        builder.Logging.ClearProviders();
        builder.Logging.AddNLogWeb(CreateFactory(options, [.. SecretsOf(builder.Configuration)]),
            new NLogAspNetCoreOptions
            {
                RemoveLoggerFactoryFilter = false,
                // The number of a message within its class tells nobody anything, and "event id" is what an event of a conversation has.
                CaptureEventId = EventIdCaptureType.None,
            });
    }

    // Read before settings are checked: one that is no value is reported by the check, and must not end the program here.
    private static LogOptions ReadOptions(IConfigurationSection section)
    {
        var options = new LogOptions();
        if (Enum.TryParse<LogFormat>(section[nameof(LogOptions.Format)], ignoreCase: true, out var format))
        {
            options.Format = format;
        }

        if (int.TryParse(section[nameof(LogOptions.MaxQueuedBytes)], NumberStyles.Integer, CultureInfo.InvariantCulture, out var bytes)
            && bytes > 0)
        {
            options.MaxQueuedBytes = bytes;
        }

        return options;
    }

    private static LogFactory CreateFactory(LogOptions options, string[] secrets)
    {
        var factory = new LogFactory();

        // Ids are one word in JSON lines too, as they are in the text ones.
        factory.Setup().SetupSerialization(static serialization => serialization
            .RegisterObjectTransformation<ConnectionId>(static id => id.ToString())
            .RegisterObjectTransformation<ConversationId>(static id => id.ToString()));
        var configuration = new LoggingConfiguration(factory);
        var console = new ConsoleLogTarget(Console.OpenStandardOutput(), options.MaxQueuedBytes)
        {
            Name = "console",
            Layout = new RedactedLayout(LayoutFor(options.Format), secrets),
        };

        // The levels are .NET's own settings (Logging:LogLevel); what passes them is written.
        configuration.AddRule(LogLevel.Trace, LogLevel.Fatal, console);
        factory.Configuration = configuration;
        return factory;
    }

    private static Layout LayoutFor(LogFormat format) => format switch
    {
        LogFormat.Json => new JsonLineLayout(Time),
        _ => new SimpleLayout(
            $"{Time} ${{level:uppercase=true:padding=-5}} ${{logger:shortName=true}}"
            + $"${{when:when=length('{Connection}') > 0:inner= [{Connection} {Conversation}]}}"
            + " ${message}${onexception:${newline}${exception:format=tostring}}"),
    };

    /// <summary>
    /// The keys that are configured: a client may put one where nobody would look for it, and a library may print that place.
    /// </summary>
    private static IEnumerable<string> SecretsOf(ConfigurationManager configuration)
    {
        string?[] keys =
        [
            configuration[$"{AccessOptions.Section}:{nameof(AccessOptions.SessionApiKey)}"],
            configuration[$"{V1Options.Section}:{nameof(V1Options.SessionApiKey)}"],
            configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.Key)}"],
            configuration[$"{ClusterOptions.Section}:{nameof(ClusterOptions.Secret)}"],
            .. PostgresConnectionString.SecretsIn(
                configuration[$"{PostgresStorageOptions.Section}:{nameof(PostgresStorageOptions.ConnectionString)}"]),
            .. PostgresConnectionString.SecretsIn(
                configuration[$"{PostgresStorageOptions.Section}:{nameof(PostgresStorageOptions.ListenConnectionString)}"]),
        ];
        return keys.OfType<string>()
            .Where(static key => key.Length >= ShortestSecret)
            .SelectMany(static key => new[] { key, Uri.EscapeDataString(key) })
            .Distinct();
    }

    /// <summary>
    /// Masks secrets in the whole line, whatever part of it they are in: by what stands before them, and the known ones wherever they are.
    /// </summary>
    private sealed class RedactedLayout(Layout inner, string[] secrets) : Layout
    {
        /// <summary>NLog sets up what it finds in a layout's properties, and nothing else.</summary>
        public Layout Inner { get; } = inner;

        protected override string GetFormattedMessage(LogEventInfo logEvent)
        {
            var line = SecretRedactor.ForLogs.RedactText(Inner.Render(logEvent));
            foreach (var secret in secrets)
            {
                line = line.Replace(secret, SecretRedactor.Mask, StringComparison.Ordinal);
            }

            return line;
        }
    }
}
