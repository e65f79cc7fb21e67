using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// What <see cref="RequestHead"/> reads, as ASP.NET Core's feature of a request. Pooled with its <see cref="HandshakeContext"/>; one
/// user at a time.
/// </summary>
internal sealed class HandshakeRequest(int usualHeaders) : IHttpRequestFeature, IQueryFeature
{
    public string Protocol { get; set; } = HttpProtocol.Http11;

    public string Scheme { get; set; } = Uri.UriSchemeHttp;

    public string Method { get; set; } = HttpMethods.Get;

    public string PathBase { get; set; } = "";

    public string Path { get; set; } = "";

    public IQueryCollection Query { get; set; } = QueryText.Empty;

    /// <summary>Made for who asks: the query itself is kept as the bytes that came.</summary>
    public string QueryString
    {
        get => Query.ToString() ?? "";
        set => Query = QueryText.From(value);
    }

    public string RawTarget { get; set; } = "";

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary(usualHeaders);

    public Stream Body { get; set; } = Stream.Null;

    /// <summary>
    /// Before it is used for another connection: nothing of this one is left, and what others may have changed is as it was.
    /// </summary>
    public void Clear()
    {
        Protocol = HttpProtocol.Http11;
        Scheme = Uri.UriSchemeHttp;
        Method = HttpMethods.Get;
        PathBase = "";
        Path = "";
        Query = QueryText.Empty;
        RawTarget = "";
        Headers.Clear();
        Body = Stream.Null;
    }
}
