using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>
/// A JSON object as it was read: a conversation's metadata, a user's settings. Many readers may hold the same one of a user's: whoever
/// wants to change <see cref="Json"/> changes a copy of it. <see cref="Version"/> changes with every change and means nothing else.
/// </summary>
internal sealed record StoredDocument(JObject Json, string Version);
