using System.Collections.Concurrent;
using System.Globalization;

namespace Gateway.EngineIO.Protocol;

/// <summary>
/// What server and client have agreed on for <c>permessage-deflate</c> (RFC 7692). The client always begins anew with each message
/// (<c>client_no_context_takeover</c>): a window of 32 KB for each idle client would be more than its session. Immutable;
/// any thread.
/// </summary>
internal sealed class DeflateAgreement
{
    // A few hundred at most: the same terms have one instance, however many connections.
    private static readonly ConcurrentDictionary<DeflateTerms, DeflateAgreement> s_known = new();

    private DeflateAgreement(DeflateTerms terms)
    {
        // The compressor has one size of window: only what fits into the client's is certain not to reach back farther than that.
        LargestMessage = terms.ServerBits is 0 or DeflateTerms.LargestWindow ? int.MaxValue : 1 << terms.ServerBits;
        TakesOver = terms.ServerTakesOver && LargestMessage == int.MaxValue;
        Answer = DeflateTerms.Extension + "; client_no_context_takeover"
            + (terms.ServerTakesOver ? "" : "; server_no_context_takeover")
            + (terms.ServerBits == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; server_max_window_bits={terms.ServerBits}"))
            + (terms.ClientBits == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; client_max_window_bits={terms.ClientBits}"));
    }

    /// <summary>The value of <c>Sec-WebSocket-Extensions</c> that the client is told.</summary>
    public string Answer { get; }

    /// <summary>Whether a message may refer to the ones before it.</summary>
    public bool TakesOver { get; }

    /// <summary>A longer message, in bytes, is sent as it is.</summary>
    public int LargestMessage { get; }

    /// <summary>By the first offer that can be kept; null when there is none.</summary>
    public static DeflateAgreement? Find(ReadOnlySpan<char> offers) => DeflateTerms.Find(offers) is { } terms
        ? s_known.GetOrAdd(terms with { ClientTakesOver = false }, static terms => new DeflateAgreement(terms))
        : null;
}
