using Gateway.Conversations.Storage;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileUserDocumentsContractTests() : UserDocumentsContract(StorageKind.Files);
