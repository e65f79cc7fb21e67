using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators.Clients;
using Gateway.Operations.Operators.Recordings;
using Gateway.Operations.Operators.Tables;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Options;

namespace Gateway.Operations.Operators;

/// <summary>
/// Registers the operators' page. Without an operators' key nothing of it is made, and sessions have nobody who watches them.
/// </summary>
internal static class OperatorServiceCollectionExtensions
{
    private const string ClientsFileName = "gateway-clients.json";
    private const string RecordingsFolderName = "gateway-recordings";

    public static IServiceCollection AddOperator(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<OperatorOptions>().BindConfiguration(OperatorOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperatorOptions>, OperatorOptionsValidator>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<OperatorOptions>>().Value);
        services.AddSingleton<CounterTotals>();
        services.AddSingleton<RefusalLog>();
        services.AddSingleton<ActiveRecordings>();
        services.AddSingleton(CreateLedger);
        services.AddSingleton(CreateFolder);
        services.AddSingleton<RecordedHistory>();
        services.AddSingleton<ConversationRecorder>();
        services.AddSingleton<Snapshots>();
        services.AddSingleton<OperatorHistory>();
        services.AddSingleton<NodeList>();
        services.AddSingleton<AgentOwners>();
        services.AddSingleton<Dependencies>();
        services.AddSingleton<NowReader>();
        services.AddSingleton<ConversationTables>();
        services.AddSingleton<RecordingTable>();
        services.AddSingleton<OperatorTables>();
        services.AddSingleton<ConversationDetail>();
        services.AddSingleton<SupportBundle>();
        services.AddSingleton<LiveViews>();
        if (string.IsNullOrEmpty(configuration[$"{OperationsOptions.Section}:{nameof(OperationsOptions.Key)}"]))
        {
            return services;
        }

        services.AddSingleton<OperatorObserver>();
        services.AddSingleton<ISessionObserver>(static provider => provider.GetRequiredService<OperatorObserver>());
        services.AddSingleton<IConnectObserver>(static provider => provider.GetRequiredService<OperatorObserver>());
        services.AddHostedService(static provider => provider.GetRequiredService<OperatorHistory>());
        return services.AddHostedService(static provider => provider.GetRequiredService<ConversationRecorder>());
    }

    private static ClientLedger CreateLedger(IServiceProvider services)
    {
        var options = services.GetRequiredService<OperatorOptions>();
        var store = StoreFolderOf(services);
        return new ClientLedger(
            options.ClientsFile.Length > 0 ? Path.GetFullPath(options.ClientsFile)
                : store is not null ? Path.Join(store, ClientsFileName)
                : null,
            options.MaxClientKinds,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ClientLedger>>());
    }

    private static RecordingFolder CreateFolder(IServiceProvider services)
    {
        var options = services.GetRequiredService<OperatorOptions>();
        return new RecordingFolder(
            options.RecordingsFolder.Length > 0
                ? Path.GetFullPath(options.RecordingsFolder)
                : Path.Join(StoreFolderOf(services) ?? Path.GetTempPath(), RecordingsFolderName),
            options.KeptRecordings);
    }

    /// <summary>Null where the store is no folder.</summary>
    private static string? StoreFolderOf(IServiceProvider services) =>
        StorageOptions.KindOf(services.GetRequiredService<IConfiguration>()) == StorageKind.Postgres
            ? null
            : services.GetRequiredService<IOptions<FileStorageOptions>>().Value.ExpandedRoot();
}
