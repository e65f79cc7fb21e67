using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresJournalContractTests() : JournalContract(StorageKind.Postgres);
