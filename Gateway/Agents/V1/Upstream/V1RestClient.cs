using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

using Gateway.Agents.V1.Calls;

using Microsoft.Extensions.Options;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// V1's REST routes (facts D.2). One for the process, thread-safe. Every call has a limit and none throws for what the server does:
/// the answer, or that there was none, is a value. Keys go into a header and nowhere else.
/// </summary>
internal sealed class V1RestClient(IOptions<V1Options> options, TimeProvider clock) : IDisposable
{
    /// <summary>Where the agent-server looks for its key, on requests and on sockets.</summary>
    public const string KeyHeader = "X-Session-API-Key";

    // A page that is longer is asked for in parts.
    private const int MaxResponseBytes = 64 * 1_024 * 1_024;

    private readonly TimeSpan _timeout = options.Value.RequestTimeout;

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxResponseBytes,
    };

    public Task<RestResult> GetAsync(V1Endpoint endpoint, string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, endpoint, path, null, _timeout, cancellationToken);

    public Task<RestResult> PostAsync(V1Endpoint endpoint, string path, JObject? body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, endpoint, path, body, _timeout, cancellationToken);

    /// <summary>A page of the log in its order, from the event <paramref name="pageId"/> on, that event included; from the start without one.</summary>
    public Task<RestResult> SearchAsync(V1Endpoint endpoint, Guid conversation, string? pageId, int limit, CancellationToken cancellationToken)
    {
        var page = pageId is null ? "" : $"&page_id={Uri.EscapeDataString(pageId)}";
        return GetAsync(endpoint, $"api/conversations/{conversation:D}/events/search?limit={limit.ToString(CultureInfo.InvariantCulture)}{page}", cancellationToken);
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

    public void Dispose() => _http.Dispose();

    private async Task<RestResult> SendAsync(
        HttpMethod method, V1Endpoint endpoint, string path, JObject? body, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(limit, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry.Token);
        using var request = new HttpRequestMessage(method, endpoint.Rest(path));
        if (endpoint.SessionApiKey is not null)
        {
            request.Headers.TryAddWithoutValidation(KeyHeader, endpoint.SessionApiKey);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToString(Formatting.None), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        try
        {
            using var response = await _http.SendAsync(request, stop.Token);
            var text = await response.Content.ReadAsStringAsync(stop.Token);
            // What goes wrong is shown to clients: a server that repeats the key must not tell it.
            text = response.IsSuccessStatusCode ? text : endpoint.WithoutKey(text);
            return new RestResult((int)response.StatusCode, V1Json.TryParse(text, out var json) ? json : null);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return RestResult.TooLarge;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return RestResult.Unreachable;
        }
    }
}
