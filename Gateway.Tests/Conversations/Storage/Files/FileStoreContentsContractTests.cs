using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileStoreContentsContractTests() : StoreContentsContract(StorageKind.Files);
