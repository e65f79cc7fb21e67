namespace Gateway.Conversations;

/// <summary>Whether the server behind the backend answers. Registered by a backend that has such a server. Any thread.</summary>
internal interface IBackendHealth
{
    /// <summary>
    /// Why it does not answer, for an operator's eyes; null while it does. What is known is a few seconds old at most, and is waited for
    /// no longer than about a second.
    /// </summary>
    ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken);
}
