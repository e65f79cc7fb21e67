using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileCatalogueContractTests() : CatalogueContract(StorageKind.Files);
