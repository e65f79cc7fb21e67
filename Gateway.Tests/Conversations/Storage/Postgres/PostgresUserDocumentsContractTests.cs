using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresUserDocumentsContractTests() : UserDocumentsContract(StorageKind.Postgres);
