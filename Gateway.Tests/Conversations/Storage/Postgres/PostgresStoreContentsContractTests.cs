using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresStoreContentsContractTests() : StoreContentsContract(StorageKind.Postgres);
