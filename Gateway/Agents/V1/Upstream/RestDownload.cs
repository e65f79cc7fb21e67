namespace Gateway.Agents.V1.Upstream;

/// <summary>A file as the server gives it, or why it does not. Owned by the caller, who disposes it after reading.</summary>
internal sealed class RestDownload : IDisposable
{
    private readonly HttpResponseMessage? _response;

    public RestDownload(HttpResponseMessage response, Stream content)
    {
        _response = response;
        Content = content;
        Result = new RestResult((int)response.StatusCode, null);
    }

    public RestDownload(RestResult refusal) => Result = refusal;

    /// <summary>The file's bytes, as they come; null when there is no file.</summary>
    public Stream? Content { get; }

    /// <summary>Its length where the server says it.</summary>
    public long? Length => _response?.Content.Headers.ContentLength;

    /// <summary>The status, and what the server said where it gave no file.</summary>
    public RestResult Result { get; }

    public void Dispose()
    {
        Content?.Dispose();
        _response?.Dispose();
    }
}
