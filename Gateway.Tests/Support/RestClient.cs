using System.Net;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>
/// Asks a host's REST routes as V0's web UI does: JSON bodies, and answers as text. Owned by one test; any thread.
/// </summary>
internal sealed class RestClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TestLimits.Step };

    public Task<RestAnswer> GetAsync(string path) => SendAsync("GET", path, null);

    public Task<RestAnswer> PostAsync(string path, string? body = null) => SendAsync("POST", path, body);

    /// <param name="body">Sent as JSON; null sends none.</param>
    public async Task<RestAnswer> SendAsync(string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await _http.SendAsync(request);
        return new RestAnswer(
            answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.ToString() ?? "");
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What a REST route answered.</summary>
internal sealed record RestAnswer(HttpStatusCode Status, string Body, string ContentType);
