using Gateway.Access;
using Gateway.HttpApi.Settings;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>
/// A user's git providers, asked in the order in which their tokens are stored. One that fails is passed over where V0 does so. Providers
/// other than GitHub are not reached from here: they fail as one whose host is not to be found. Any thread.
/// </summary>
internal sealed partial class UserGit(UserSecrets secrets, GitHubConnections connections, ILogger<UserGit> logger)
{
    /// <summary>The tokens of whoever asks; none when the user has stored none.</summary>
    public async ValueTask<IReadOnlyList<GitToken>> FindTokensAsync(Caller caller, CancellationToken cancellationToken) =>
        (await secrets.FindAsync(caller, cancellationToken))?.Tokens ?? [];

    /// <exception cref="GitProviderException">The provider is not reached from here.</exception>
    public GitHubAccount Open(GitToken token) =>
        connections.Find(token) ?? throw new GitProviderException(GitProviderFailure.Other, GitProviderException.HostNotFound);

    /// <summary>True when the provider takes the token, at the host that it names.</summary>
    public async ValueTask<bool> IsValidAsync(GitToken token, CancellationToken cancellationToken) =>
        await TryAsync(
            token,
            async account =>
            {
                await account.VerifyAsync(cancellationToken);
                return this;
            }) is not null;

    /// <summary>What the first provider says that answers at all; null when none does.</summary>
    public async ValueTask<T?> FirstAsync<T>(IEnumerable<GitToken> tokens, Func<GitHubAccount, Task<T?>> ask)
        where T : class
    {
        foreach (var token in tokens)
        {
            if (await TryAsync(token, ask) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>What all providers say that answer.</summary>
    public async ValueTask<JArray> AllAsync(IEnumerable<GitToken> tokens, Func<GitHubAccount, GitToken, Task<JArray>> ask)
    {
        var all = new JArray();
        foreach (var token in tokens)
        {
            foreach (var item in await TryAsync(token, account => ask(account, token)) ?? [])
            {
                all.Add(item);
            }
        }

        return all;
    }

    /// <summary>What one provider says; null when it fails.</summary>
    public async ValueTask<T?> TryAsync<T>(GitToken token, Func<GitHubAccount, Task<T>> ask)
        where T : class?
    {
        try
        {
            return await ask(Open(token));
        }
        catch (GitProviderException exception)
        {
            Log.Failed(logger, token.Provider, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        // Not the exception: its inner ones tell of addresses and headers.
        [LoggerMessage(1, LogLevel.Information, "The git provider {Provider} gave nothing: {Problem}")]
        public static partial void Failed(ILogger logger, string provider, string problem);
    }
}
