using Gateway.Access;
using Gateway.HttpApi.Conversations;
using Gateway.HttpApi.Settings;

namespace Gateway.HttpApi.Git;

/// <summary>Asks a user's git providers for a repository, until one knows it. Any thread.</summary>
internal sealed class RepositoryAccess(UserGit git) : IRepositoryAccess
{
    public async ValueTask<bool> CanReadAsync(
        Caller caller, string repository, string? provider, CancellationToken cancellationToken)
    {
        var tokens = await git.FindTokensAsync(caller, cancellationToken);
        return RepositoryName.Parse(repository) is { } name && await FindAsync(tokens, name, provider, cancellationToken) is not null;
    }

    /// <summary>The token of the first provider that knows the repository.</summary>
    /// <param name="provider">Asked before the others; null for no preference.</param>
    public async ValueTask<GitToken?> FindAsync(
        IReadOnlyList<GitToken> tokens, RepositoryName repository, string? provider, CancellationToken cancellationToken)
    {
        foreach (var token in tokens.OrderByDescending(token => token.Provider == provider))
        {
            if (await git.TryAsync(token, account => account.GetRepositoryAsync(repository, cancellationToken)) is not null)
            {
                return token;
            }
        }

        return null;
    }
}
