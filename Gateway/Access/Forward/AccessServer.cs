using System.Net;

using Microsoft.Net.Http.Headers;

namespace Gateway.Access.Forward;

/// <summary>What the access server has said, or why it has not. Immutable.</summary>
/// <param name="Decision">A refusal as <see cref="AccessRefusal.Unavailable"/> where it did not decide.</param>
/// <param name="Outcome">A fixed text for metrics and logs.</param>
internal sealed record ForwardAnswer(AccessDecision Decision, string Outcome)
{
    /// <summary>Whether it is an answer to the question, which the same question would get again.</summary>
    public bool IsDecided => Decision.Refusal is not { Kind: RefusalKind.Unavailable };

    public static ForwardAnswer Failed(string outcome) => new(AccessDecision.Refuse(AccessRefusal.Unavailable), outcome);
}

/// <summary>The server that decides who may come in, over HTTP. One instance for the process; any thread.</summary>
internal sealed class AccessServer : IDisposable
{
    private const int MaxBodyBytes = 4 * 1_024;
    private const string Refused = "unauthorized";

    private readonly ForwardOptions _options;
    private readonly HttpMessageInvoker _http;

    public AccessServer(ForwardOptions options)
    {
        _options = options;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            MaxConnectionsPerServer = options.MaxQuestions,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
    }

    /// <summary>Never throws: what goes wrong is an answer too.</summary>
    /// <param name="question">What is sent.</param>
    /// <param name="limit">Ends the waiting.</param>
    public async Task<ForwardAnswer> AskAsync(ForwardQuestion question, CancellationToken limit)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _options.Address);
            foreach (var (name, value) in question.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await _http.SendAsync(request, limit);
            return await ReadAsync(answer, limit);
        }
        catch (OperationCanceledException)
        {
            return ForwardAnswer.Failed(limit.IsCancellationRequested ? "timeout" : "unreachable");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return ForwardAnswer.Failed("unreachable");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ForwardAnswer> ReadAsync(HttpResponseMessage answer, CancellationToken limit)
    {
        switch ((int)answer.StatusCode)
        {
            case >= 200 and < 300:
                return Allow(answer);
            case StatusCodes.Status401Unauthorized:
                var message = await ReadMessageAsync(answer, limit);
                return new ForwardAnswer(
                    AccessDecision.Refuse(new AccessRefusal(message ?? "Unauthorized")
                    {
                        HttpDetail = message,
                        Outcome = Refused,
                        Challenge = Find(answer, HeaderNames.WWWAuthenticate),
                    }),
                    Refused);
            case StatusCodes.Status403Forbidden:
                var reason = await ReadMessageAsync(answer, limit);
                return new ForwardAnswer(
                    AccessDecision.Refuse(new AccessRefusal(reason ?? "Forbidden", RefusalKind.Forbidden)
                    {
                        HttpDetail = reason,
                        Outcome = "forbidden",
                    }),
                    "forbidden");
            default:
                return ForwardAnswer.Failed("bad_status");
        }
    }

    private ForwardAnswer Allow(HttpResponseMessage answer)
    {
        var user = _options.UserHeader.Length > 0 ? UserNames.ForStore(Find(answer, _options.UserHeader)) : null;
        return user is null && _options.RequireUser
            ? ForwardAnswer.Failed("no_user")
            : new ForwardAnswer(AccessDecision.Allow(user is null ? Caller.Anyone : new Caller(user, AccessRights.All)), "allowed");
    }

    private static string? Find(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>A body that is cut, broken or too long for a message is none: the status has refused already.</summary>
    private static async Task<string?> ReadMessageAsync(HttpResponseMessage answer, CancellationToken limit)
    {
        var bytes = new byte[MaxBodyBytes];
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(limit);
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit);
            return RefusalText.Read(bytes.AsMemory(0, length), answer.Content.Headers.ContentType?.MediaType);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
