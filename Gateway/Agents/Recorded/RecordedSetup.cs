using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.Recorded;

/// <summary>Registers the recorded agent.</summary>
internal static class RecordedSetup
{
    public static IServiceCollection AddRecordedAgent(this IServiceCollection services)
    {
        services.AddOptions<RecordedOptions>().BindConfiguration(RecordedOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RecordedOptions>, RecordedOptionsValidator>();
        return services.AddSingleton<IAgentBackendFactory, RecordedAgentFactory>();
    }
}

/// <summary>
/// Makes one recorded agent for each session. A conversation that the recording does not have gets the longest one it has, so that a
/// recording can be shown under any name. Thread-safe.
/// </summary>
internal sealed class RecordedAgentFactory(IOptions<RecordedOptions> options, TimeProvider clock, ILogger<RecordedAgent> logger) : IAgentBackendFactory
{
    private readonly Lazy<RecordedFile> _file = new(() => RecordedFile.Load(options.Value.Path));

    public IAgentBackend Create(ConversationKey key)
    {
        var file = _file.Value;
        var known = file.Sessions.Select(static session => session.Parameter("conversation_id")).OfType<string>().Where(static id => ConversationId.TryParse(id, out _)).Distinct().ToList();
        var script = known.Contains(key.Id.Value)
            ? RecordedScriptReader.Read(file, key.Id.Value)
            : known.Select(id => RecordedScriptReader.Read(file, id)).MaxBy(static script => script.Events.Count) ?? RecordedScript.Empty;
        return new RecordedAgent(script, options.Value.Life, clock, logger);
    }
}
