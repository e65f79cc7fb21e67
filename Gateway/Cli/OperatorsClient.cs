using System.Net;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Cli;

/// <summary>Why a gateway could not be asked, in words for whoever asked; the key is never in them.</summary>
internal sealed class OperatorsException(string message) : Exception(message)
{
    /// <summary>What was asked for is not there.</summary>
    public bool IsNotFound { get; init; }
}

/// <summary>Asks the operators' routes of a running gateway, for every command that needs them. Owned by one command.</summary>
internal sealed class OperatorsClient : IDisposable
{
    private const string HeaderName = "X-Operator-Key";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;
    private readonly bool _isKeyText;

    /// <param name="address">The gateway's base address; a path in it is kept.</param>
    /// <param name="key">The operators' key.</param>
    public OperatorsClient(Uri address, string key)
    {
        _http = new HttpClient { BaseAddress = new Uri($"{address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/"), Timeout = s_limit };
        _isKeyText = key.All(static c => c is >= ' ' and <= '~');
        _http.DefaultRequestHeaders.TryAddWithoutValidation(HeaderName, key);
    }

    /// <param name="path">Below <c>operator/api/</c>.</param>
    public Task<JObject> GetAsync(string path, CancellationToken cancellationToken) => AskAsync(HttpMethod.Get, path, cancellationToken);

    /// <param name="path">As for <see cref="GetAsync"/>.</param>
    public Task<JObject> PostAsync(string path, CancellationToken cancellationToken) => AskAsync(HttpMethod.Post, path, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<JObject> AskAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        if (!_isKeyText)
        {
            throw new OperatorsException("the key has characters that no key may have");
        }

        try
        {
            using var request = new HttpRequestMessage(method, new Uri($"operator/api/{path}", UriKind.Relative));
            using var answer = await _http.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK or HttpStatusCode.Accepted when JsonTree.TryReadObject(text, out var json) => json,
                HttpStatusCode.Unauthorized => throw new OperatorsException(
                    "the gateway refuses the key; --key or Operations__Key gives another"),
                HttpStatusCode.NotFound => throw new OperatorsException(
                    "the operators' routes are not there: the gateway has no Operations:Key, or they are at another address")
                {
                    IsNotFound = true,
                },
                var status => throw new OperatorsException($"the gateway answers {(int)status}"),
            };
        }
        catch (HttpRequestException)
        {
            throw new OperatorsException($"{_http.BaseAddress} cannot be reached");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperatorsException($"{_http.BaseAddress} does not answer in time");
        }
    }
}
