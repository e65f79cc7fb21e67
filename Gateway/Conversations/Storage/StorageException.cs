namespace Gateway.Conversations.Storage;

/// <summary>Why a store could not do what it was asked.</summary>
internal enum StorageFailure
{
    /// <summary>It did not answer within the time limit. Nothing was or will be appended; what else was asked may still happen.</summary>
    TimedOut,

    /// <summary>Too many calls wait for it already.</summary>
    Busy,

    /// <summary>It may not be read or written.</summary>
    AccessDenied,

    /// <summary>The conversation's ids are outside of what can be served.</summary>
    IdsExhausted,

    /// <summary>The conversation was there and is not there any more.</summary>
    Deleted,

    /// <summary>Another gateway has taken the conversation's agent: nothing was stored.</summary>
    TakenOver,

    /// <summary>One of the events is in the log already, by its source id: nothing was stored.</summary>
    Duplicate,

    /// <summary>Whether it has done what was asked, or still will, nobody knows.</summary>
    Unknown,

    /// <summary>It cannot be reached, or answers with an error.</summary>
    Unavailable,
}

/// <summary>A store's failure with a reason. The message may be told to a client: it names no path and no host.</summary>
internal sealed class StorageException(StorageFailure failure, string message, Exception? inner = null) : IOException(message, inner)
{
    public StorageFailure Failure { get; } = failure;

    /// <summary>The store says in the log that it does not work, once for many calls: nobody need say it for each.</summary>
    public bool IsSaid { get; init; }

    /// <summary>What was asked may succeed later, when the store is back: whoever only reads can ask again.</summary>
    public bool MayPass => IsSaid || Failure is StorageFailure.TimedOut or StorageFailure.Busy or StorageFailure.Unavailable;
}
