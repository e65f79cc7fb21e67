using Gateway.Access;

namespace Gateway.HttpApi.Conversations;

/// <summary>Whether a caller's git tokens open a repository. Thread-safe.</summary>
internal interface IRepositoryAccess
{
    /// <param name="provider">Null: whichever knows it.</param>
    ValueTask<bool> CanReadAsync(Caller caller, string repository, string? provider, CancellationToken cancellationToken);
}
