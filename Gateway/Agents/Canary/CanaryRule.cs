using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

using Gateway.Conversations;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.Canary;

/// <summary>
/// Decides of a new conversation whether it is V1's. The same id, user and request always give the same decision, at every gateway with the
/// same settings. Immutable; any thread. Source: docs/canary.md.
/// </summary>
internal sealed class CanaryRule(IOptions<CanaryOptions> options)
{
    private const int Slots = 10_000;

    private readonly HashSet<string> _users = options.Value.Users.ToHashSet(StringComparer.Ordinal);
    private readonly RequestMark? _header = RequestMark.TryParse(options.Value.Header);
    private readonly RequestMark? _cookie = RequestMark.TryParse(options.Value.Cookie);
    private readonly int _share = (int)Math.Round(options.Value.Percent * Slots / 100);
    private readonly bool _takesBack = options.Value.TakeBack;

    /// <summary>
    /// Where an id stands among <c>0</c> to <c>9999</c>: the first four bytes of SHA-256 over its text, as a number with the highest byte
    /// first, modulo 10,000. With a share of p percent those below p × 100 are V1's, so a larger share takes none away.
    /// </summary>
    public static int SlotOf(ConversationId id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes(id.Value), hash);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % Slots);
    }

    /// <param name="key">Its id, which was just drawn, and whose it is.</param>
    /// <param name="request">Who asks for it; null where no request does.</param>
    public bool IsForV1(ConversationKey key, HttpRequest? request) =>
        !_takesBack
        && ((key.UserId is { } user && _users.Contains(user.Value))
            || (request is not null && IsMarked(request))
            || SlotOf(key.Id) < _share);

    private bool IsMarked(HttpRequest request) =>
        (_header is not null && _header.Is(request.Headers[_header.Name]))
        || (_cookie is not null && _cookie.Is([request.Cookies[_cookie.Name]]));
}
