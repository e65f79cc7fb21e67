namespace Gateway.HttpApi.Git;

/// <summary>Why a git provider gave nothing.</summary>
internal enum GitProviderFailure
{
    /// <summary>It does not take the token.</summary>
    InvalidToken,

    NotFound,

    RateLimited,

    /// <summary>It could not be reached, or answered something else: V0 tells the text.</summary>
    Other,
}

/// <summary>A git provider's failure. The message is V0's and may be told: it holds no token.</summary>
internal sealed class GitProviderException(GitProviderFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>V0's text for a provider whose host is not to be found.</summary>
    public const string HostNotFound = "HTTP error ConnectError : [Errno -2] Name or service not known";

    public GitProviderFailure Failure { get; } = failure;
}
