using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Runtime;

/// <summary>What a client is told of an action that was not stored, or of which nobody knows whether it was. Pure.</summary>
internal static class ActionRefusals
{
    /// <summary>It is not in the log, and will not be.</summary>
    public const string NotStored = "The action could not be stored; please send it again.";

    /// <summary>It is in the log once, or not at all.</summary>
    public const string Unknown = "Nobody can say whether the action was done; please look before you send it again.";

    public static string Of(Exception exception) =>
        exception is StorageException { Failure: StorageFailure.Unknown } ? Unknown : NotStored;
}
