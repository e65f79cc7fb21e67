using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>
/// What every store must do, whatever it is kept in: derived classes name the kind. Each test has a store of its own.
/// </summary>
public abstract class StoreContract : IAsyncLifetime
{
    private readonly StorageKind _kind;
    private TestedStore? _store;

    private protected StoreContract(StorageKind kind) => _kind = kind;

    private protected TestedStore Store => _store ?? throw new InvalidOperationException("The test has not begun.");

    public async Task InitializeAsync() => _store = await TestedStore.CreateAsync(_kind);

    public async Task DisposeAsync() => await Store.DisposeAsync();
}
