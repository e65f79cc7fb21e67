using System.Security.Cryptography;
using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.Access.Forward;

/// <summary>
/// What the access server is asked about one request: the headers that it gets, and nothing that is not in them. Two requests with the
/// same headers are one question. Holds secrets: never log it; <see cref="Key"/> is a hash and holds none. Immutable.
/// </summary>
internal sealed class ForwardQuestion
{
    private const string ForwardedFor = "X-Forwarded-For";

    private ForwardQuestion(List<KeyValuePair<string, string>> headers)
    {
        Headers = headers;
        Key = HashOf(headers);
    }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The SHA-256 of the headers.</summary>
    public string Key { get; }

    /// <param name="request">What is asked for. Its query stays here: it may hold a key, and changes with every request.</param>
    /// <param name="copied">The lower-case names of the request's headers that go along.</param>
    public static ForwardQuestion Of(AccessRequest request, IReadOnlyList<string> copied)
    {
        var headers = new List<KeyValuePair<string, string>>(copied.Count + 9);
        foreach (var name in copied)
        {
            var value = request.Headers.GetValueOrDefault(name);
            if (name == "authorization" && string.IsNullOrEmpty(value) && ConnectAuth.ReadToken(request.Auth.Span) is { } token)
            {
                value = $"Bearer {token}";
            }

            Add(headers, name == "host" ? "X-Forwarded-Host" : name, value);
        }

        var path = new PathString(request.Path).ToUriComponent();
        Add(headers, "X-Original-URI", path);
        Add(headers, "X-Original-Method", request.Method);
        Add(headers, "X-Forwarded-Uri", path);
        Add(headers, "X-Forwarded-Method", request.Method);
        Add(headers, "X-Forwarded-Proto", request.IsHttps ? Uri.UriSchemeHttps : Uri.UriSchemeHttp);
        if (request.Headers.GetValueOrDefault("host") is { Length: > 0 } host)
        {
            Add(headers, "X-Original-URL", $"{(request.IsHttps ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{host}{path}");
        }

        var address = request.RemoteAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : request.RemoteAddress;
        Add(headers, ForwardedFor, address?.ToString());
        Add(headers, "X-Real-IP", address?.ToString());
        Add(headers, "X-Conversation-Id", request.ConversationId is { } id ? Uri.EscapeDataString(id) : null);
        return new ForwardQuestion(headers);
    }

    /// <summary>What cannot stand in a header is left out: the server then does not know the caller, and says so.</summary>
    private static void Add(List<KeyValuePair<string, string>> headers, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value) && value.All(static c => c is (>= ' ' and <= '~') or '\t'))
        {
            headers.Add(new KeyValuePair<string, string>(name, value));
        }
    }

    private static string HashOf(List<KeyValuePair<string, string>> headers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in headers)
        {
            // No value holds a line end.
            hash.AppendData(Encoding.ASCII.GetBytes($"{name}:{value}\n"));
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }
}
