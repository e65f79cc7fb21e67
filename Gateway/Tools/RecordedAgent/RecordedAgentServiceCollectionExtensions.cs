using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Tools.RecordedAgent;

/// <summary>Registers the recorded agent.</summary>
internal static class RecordedAgentServiceCollectionExtensions
{
    public static IServiceCollection AddRecordedAgent(this IServiceCollection services)
    {
        services.AddOptions<RecordedOptions>().BindConfiguration(RecordedOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RecordedOptions>, RecordedOptionsValidator>();
        return services.AddSingleton<IAgentBackendFactory, RecordedAgentFactory>();
    }
}

/// <summary>
/// Makes one recorded agent for each session. A conversation that the recording does not have stands for the one that was made by the next
/// recorded POST; when there is none left, for the longest one, so that a recording can be shown under any name. Thread-safe.
/// </summary>
internal sealed class RecordedAgentFactory(
    IOptions<RecordedOptions> options, IServiceProvider services, TimeProvider timeProvider, ILogger<RecordedAgent> logger)
    : IAgentBackendFactory
{
    // A session that a REST call opened may wait long for its first client, as V0's does.
    private static readonly TimeSpan s_roomWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_roomWaitWithRest = TimeSpan.FromSeconds(15);

    private readonly Lazy<RecordedFile> _file = new(() => RecordedFile.Load(options.Value.Path));
    private readonly Dictionary<ConversationId, RecordedScript> _unknown = [];
    private readonly Dictionary<ConversationId, int> _sessions = [];
    private readonly Lock _lock = new();

    public IAgentBackend Create(ConversationKey key)
    {
        var file = _file.Value;
        var known = file.ConversationIds().Where(static id => ConversationId.TryParse(id, out _)).ToList();
        var script = known.Contains(key.Id.Value) ? Read(file, key.Id.Value) : ReadUnknown(file, known, key.Id);
        var roomWait = options.Value.Rest ? s_roomWaitWithRest : s_roomWait;
        var restarts = Math.Max(0, options.Value.RestartIndex);
        return new RecordedAgent(script, restarts, CountSession(key.Id), roomWait, RenameAsync, timeProvider, logger);
    }

    private int CountSession(ConversationId id)
    {
        lock (_lock)
        {
            var earlier = _sessions.GetValueOrDefault(id);
            _sessions[id] = earlier + 1;
            return earlier;
        }
    }

    // The service stands above the agents: it is asked for when it is there.
    private ValueTask<bool> RenameAsync(ConversationKey key, string title, CancellationToken cancellationToken) =>
        services.GetRequiredService<ConversationService>().RenameAsync(key, title, cancellationToken);

    private RecordedScript ReadUnknown(RecordedFile file, List<string> known, ConversationId id)
    {
        lock (_lock)
        {
            if (!_unknown.TryGetValue(id, out var script))
            {
                var made = file.Calls.Created.Select(static created => created.Id).ElementAtOrDefault(_unknown.Count);
                script = options.Value.Rest && made is not null
                    ? Read(file, made)
                    : known.Select(other => Read(file, other)).MaxBy(static script => script.Events.Count) ?? RecordedScript.Empty;
                _unknown[id] = script;
            }

            return script;
        }
    }

    private RecordedScript Read(RecordedFile file, string id) =>
        RecordedScriptReader.Read(file, id, new ScriptScope(options.Value.RestartIndex >= 0, options.Value.Rest));
}
