using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

using Gateway.Agents.V1.Calls;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// V1's REST routes (PROTOCOL.md, "V1 REST"). One for the process, thread-safe. Every call has a limit and none throws for what the server
/// does: the answer, or that there was none, is a value. Keys go into a header and nowhere else.
/// </summary>
internal sealed class V1RestClient(IOptions<V1Options> options, TimeProvider timeProvider, V1Metrics metrics) : IDisposable
{
    /// <summary>Where the agent-server looks for its key, on requests and on sockets.</summary>
    public const string KeyHeader = "X-Session-API-Key";

    // A longer answer is not read; pages of the log have limits of their own.
    private const int MaxResponseBytes = 64 * 1_024 * 1_024;

    // A server whose machine is not there does not even refuse.
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(5);

    // Below what the server's own (uvicorn's) keeps an idle connection: a call on one that it is closing would have an unknown outcome.
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(3);

    private readonly TimeSpan _timeout = options.Value.RequestTimeout;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = s_idleTimeout,
        AllowAutoRedirect = false,
        ConnectTimeout = s_connectTimeout,
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxResponseBytes,
    };

    /// <summary>The limit of a usual call.</summary>
    public TimeSpan Timeout => _timeout;

    /// <summary>The limit of a user's action, which has effects: past it its outcome is unknown.</summary>
    public TimeSpan ActionTimeout { get; } = options.Value.ActionTimeout;

    public Task<RestResult> GetAsync(V1Endpoint endpoint, string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, endpoint, path, null, _timeout, cancellationToken);

    public Task<RestResult> PostAsync(V1Endpoint endpoint, string path, JObject? body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, endpoint, path, body, _timeout, cancellationToken);

    /// <summary>
    /// A page of the log in its order, from the event <paramref name="pageId"/> on, that event included; from the start without one. The
    /// caller disposes it. One that is longer than <paramref name="maxBytes"/> is not read to its end.
    /// </summary>
    public async Task<LogPage> SearchAsync(V1Endpoint endpoint, Guid conversation, string? pageId, int limit, int maxBytes,
        CancellationToken cancellationToken)
    {
        var from = pageId is null ? "" : $"&page_id={Uri.EscapeDataString(pageId)}";
        var path = $"api/conversations/{conversation:D}/events/search?limit={limit.ToString(CultureInfo.InvariantCulture)}{from}";
        using var expiry = new CancellationTokenSource(_timeout, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        using var request = Request(HttpMethod.Get, endpoint, path, null);
        using var measured = MeasuredCall.Begin(metrics, timeProvider, HttpMethod.Get, path);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            measured?.Answered(new RestResult((int)response.StatusCode, null));
            return response.IsSuccessStatusCode ? await LogPage.ReadAsync(response.Content, maxBytes, stop.Token) : LogPage.Refused;
        }
        catch (Exception exception) when (IsOfTheServer(exception, cancellationToken))
        {
            measured?.Answered(Failure(exception));
            return LogPage.Failed;
        }
    }

    /// <summary>A call, or its fallback where the server does not know it. A conflict that the call accepts is a success.</summary>
    public async Task<RestResult> CallAsync(V1Endpoint endpoint, UpstreamCall call, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var result = await SendAsync(HttpMethod.Post, endpoint, call.Path, call.Body, limit ?? _timeout, cancellationToken);
        if (result.Status is 404 or 405 && call.Fallback is not null)
        {
            result = await SendAsync(HttpMethod.Post, endpoint, call.Fallback, call.Body, limit ?? _timeout, cancellationToken);
        }

        return result.Status == 409 && call.AcceptsConflict ? new RestResult(200, result.Body) : result;
    }

    /// <summary>Any call with a limit of its own.</summary>
    public async Task<RestResult> SendAsync(
        HttpMethod method, V1Endpoint endpoint, string path, JObject? body, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(limit, timeProvider);
        return await SendContentAsync(method, endpoint, path, body is null ? null : JsonContent(body), expiry.Token, cancellationToken);
    }

    /// <summary>
    /// Sends a file as the form field <c>file</c>, as it is read. What reading throws is thrown; the stream stays open. The usual limit is
    /// for each part of the file and for the answer: a large file may take longer.
    /// </summary>
    public async Task<RestResult> UploadAsync(V1Endpoint endpoint, string path, Stream content, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(_timeout, timeProvider);
        await using var source = new UploadSource(content, expiry, _timeout);
        using var form = new MultipartFormDataContent();
        // The name says nothing: the address has the path.
        form.Add(new StreamContent(source), "file", "file");
        var result = await SendContentAsync(HttpMethod.Post, endpoint, path, form, expiry.Token, cancellationToken);
        source.ThrowIfFailed();
        return result;
    }

    /// <summary>
    /// A file, to be read by the caller, who disposes it. The limit is for the answer's first bytes; how long the reading may take is the
    /// caller's affair.
    /// </summary>
    public async Task<RestDownload> DownloadAsync(V1Endpoint endpoint, string path, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(limit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        using var request = Request(HttpMethod.Get, endpoint, path, null);
        using var measured = MeasuredCall.Begin(metrics, timeProvider, HttpMethod.Get, path);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            measured?.Answered(new RestResult((int)response.StatusCode, null));
            if (response.IsSuccessStatusCode)
            {
                return new RestDownload(response, await response.Content.ReadAsStreamAsync(stop.Token));
            }

            await response.Content.LoadIntoBufferAsync(MaxResponseBytes, stop.Token);
            return new RestDownload(await ReadAsync(endpoint, response, stop.Token));
        }
        catch (Exception exception) when (IsOfTheServer(exception, cancellationToken))
        {
            measured?.Answered(Failure(exception));
            return new RestDownload(Failure(exception));
        }
        finally
        {
            if (response?.IsSuccessStatusCode == false)
            {
                response.Dispose();
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static StringContent JsonContent(JObject body) =>
        new(body.ToString(Formatting.None), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private static HttpRequestMessage Request(HttpMethod method, V1Endpoint endpoint, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, endpoint.Rest(path)) { Content = content };
        if (endpoint.SessionApiKey is not null)
        {
            request.Headers.TryAddWithoutValidation(KeyHeader, endpoint.SessionApiKey);
        }

        return request;
    }

    private static async Task<RestResult> ReadAsync(
        V1Endpoint endpoint, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // JSON is UTF-8, whatever a header says of its character set.
        var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        // What goes wrong is shown to clients: a server that repeats the key must not tell it.
        text = response.IsSuccessStatusCode ? text : endpoint.WithoutKey(text);
        return new RestResult((int)response.StatusCode, JsonTree.TryRead(text, out var json) ? json : null);
    }

    /// <summary>
    /// Where a question is sent on to, as V1's outer server does with that for a conversation; null where it is none, or leads to another
    /// server, which gets no key of ours.
    /// </summary>
    private static string? Redirect(V1Endpoint endpoint, HttpRequestMessage request, HttpResponseMessage response)
    {
        var isAsked = request.Method == HttpMethod.Get
            && response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        return isAsked && response.Headers.Location is { } location && new Uri(request.RequestUri!, location) is var target
            && target.GetLeftPart(UriPartial.Authority) == endpoint.BaseUrl.GetLeftPart(UriPartial.Authority)
            ? target.PathAndQuery
            : null;
    }

    /// <summary>The call failed for the server's reasons or ours, and not because its caller gave up.</summary>
    private static bool IsOfTheServer(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Only what failed before there was a connection is known not to be done.</summary>
    private static RestResult Failure(Exception exception) => exception switch
    {
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
        } => RestResult.Unreachable,
        // The handler's own limit for a connection; ours has no such cause.
        OperationCanceledException { InnerException: TimeoutException } => RestResult.Unreachable,
        _ => RestResult.NoAnswer,
    };

    private async Task<RestResult> SendContentAsync(
        HttpMethod method, V1Endpoint endpoint, string path, HttpContent? content, CancellationToken expiry,
            CancellationToken cancellationToken)
    {
        using var measured = MeasuredCall.Begin(metrics, timeProvider, method, path);
        var result = await SendUnmeasuredAsync(method, endpoint, path, content, expiry, cancellationToken);
        measured?.Answered(result);
        return result;
    }

    private async Task<RestResult> SendUnmeasuredAsync(
        HttpMethod method, V1Endpoint endpoint, string path, HttpContent? content, CancellationToken expiry,
            CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry);
        using var request = Request(method, endpoint, path, content);
        try
        {
            using var response = await _http.SendAsync(request, stop.Token);
            if (Redirect(endpoint, request, response) is not { } elsewhere)
            {
                return await ReadAsync(endpoint, response, stop.Token);
            }

            using var again = Request(method, endpoint, elsewhere, null);
            using var answer = await _http.SendAsync(again, stop.Token);
            return await ReadAsync(endpoint, answer, stop.Token);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return RestResult.TooLarge;
        }
        catch (Exception exception) when (IsOfTheServer(exception, cancellationToken))
        {
            return Failure(exception);
        }
    }
}
