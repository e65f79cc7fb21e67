namespace Gateway.Tests.Support;

/// <summary>
/// A test class whose tests each have a gateway over an empty store, without the limit of requests, and a client of its REST. The base of
/// such classes; one test at a time.
/// </summary>
public abstract class RestTest : IAsyncLifetime, IDisposable
{
    private GatewayHost? _host;
    private RestClient? _rest;

    private protected TempStore Store { get; } = TempStore.Empty();

    private protected GatewayHost Host => _host!;

    private protected RestClient Rest => _rest!;

    private protected string SettingsFile => Store.PathOf("settings.json");

    private protected string SecretsFile => Store.PathOf("secrets.json");

    public async Task InitializeAsync()
    {
        _host = await GatewayHost.StartAsync(Store, ["HttpApi:RateLimit=false", .. await PrepareAsync()]);
        _rest = new RestClient(_host.Address);
    }

    public virtual Task DisposeAsync() => Host.DisposeAsync().AsTask();

    public void Dispose()
    {
        _rest?.Dispose();
        Store.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sets up what must be there before the gateway starts, and gives the settings that it is started with besides.</summary>
    private protected virtual Task<string[]> PrepareAsync() => Task.FromResult<string[]>([]);
}
