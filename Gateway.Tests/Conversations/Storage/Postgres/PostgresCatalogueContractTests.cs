using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresCatalogueContractTests() : CatalogueContract(StorageKind.Postgres);
