using System.Net;
using System.Net.Sockets;
using System.Runtime.Serialization;

using Gateway.HttpApi.Settings;

using Octokit;
using Octokit.Internal;

namespace Gateway.HttpApi.Git;

/// <summary>
/// Ways to GitHub, one for each token; all share one HTTP client, whose limits of time are the settings'. Any thread. Owned by the program.
/// </summary>
internal sealed class GitHubConnections : IDisposable
{
    private static readonly ProductHeaderValue s_product = new("Gateway");

    private readonly Uri _baseAddress;
    private readonly HttpClientAdapter _http;
    private readonly SimpleJsonSerializer _serializer = new();

    public GitHubConnections(GitHubOptions options)
    {
        _baseAddress = new Uri(options.BaseUrl.TrimEnd('/') + "/");
        _http = new HttpClientAdapter(static () => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
        _http.SetRequestTimeout(options.RequestTimeout);
    }

    /// <summary>Null for a provider that is no GitHub, or a host that cannot be one.</summary>
    public GitHubAccount? Find(GitToken token)
    {
        if (token.Provider != KnownGitProviders.GitHub || AddressOf(token.Host) is not { } address)
        {
            return null;
        }

        var connection = new Connection(
            s_product, address, new InMemoryCredentialStore(new Credentials(token.Token, AuthenticationType.Bearer)), _http, _serializer);
        return new GitHubAccount(connection, GraphQlOf(address));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// What the call gives; every failure of the client, of the way to GitHub or of GitHub is told as V0 does.
    /// </summary>
    public static async Task<T> CallAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(cancellationToken);
        }
        catch (RateLimitExceededException exception)
        {
            throw new GitProviderException(GitProviderFailure.RateLimited, "github API rate limit exceeded", exception);
        }
        catch (AuthorizationException exception)
        {
            throw new GitProviderException(GitProviderFailure.InvalidToken, "Invalid github token", exception);
        }
        catch (NotFoundException exception)
        {
            throw new GitProviderException(GitProviderFailure.NotFound, "Resource not found on github API", exception);
        }
        catch (ApiException exception) when (exception.StatusCode == HttpStatusCode.TooManyRequests)
        {
            throw new GitProviderException(GitProviderFailure.RateLimited, "github API rate limit exceeded", exception);
        }
        catch (ApiException exception)
        {
            throw new GitProviderException(
                GitProviderFailure.Other, $"Unknown error: {(int)exception.StatusCode} of the github API", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or IOException
            && !cancellationToken.IsCancellationRequested)
        {
            throw new GitProviderException(GitProviderFailure.Other, Words(exception), exception);
        }
        catch (Exception exception) when (exception is InvalidCastException or FormatException or SerializationException)
        {
            throw new GitProviderException(GitProviderFailure.Other, "Unknown error: no answer of the github API", exception);
        }
    }

    private static string Words(Exception exception) => exception switch
    {
        TaskCanceledException => "HTTP error ReadTimeout : ",
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound } } =>
            GitProviderException.HostNotFound,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.TryAgain } } =>
            "HTTP error ConnectError : [Errno -3] Temporary failure in name resolution",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError } =>
            "HTTP error ConnectError : All connection attempts failed",
        _ => "HTTP error ReadError : ",
    };

    private Uri? AddressOf(string? host)
    {
        if (string.IsNullOrEmpty(host) || host == "github.com")
        {
            return _baseAddress;
        }

        // A host and perhaps a port: nothing that would lead the token elsewhere than the name says.
        return Uri.TryCreate($"https://{host}/api/v3/", UriKind.Absolute, out var address)
            && string.Equals(address.Authority, host, StringComparison.OrdinalIgnoreCase)
                ? address
                : null;
    }

    private static Uri GraphQlOf(Uri address) =>
        address.AbsolutePath.EndsWith("/api/v3/", StringComparison.Ordinal)
            ? new Uri(address, "../graphql")
            : new Uri(address, "graphql");
}
