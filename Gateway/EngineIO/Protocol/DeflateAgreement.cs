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
    private const string Extension = "permessage-deflate";
    private const int SmallestWindow = 8;
    private const int LargestWindow = 15;

    // A few hundred at most: the same terms have one instance, however many connections.
    private static readonly ConcurrentDictionary<Terms, DeflateAgreement> s_known = new();

    private DeflateAgreement(Terms terms)
    {
        // The compressor has one size of window: only what fits into the client's is certain not to reach back farther than that.
        LargestMessage = terms.ServerBits is 0 or LargestWindow ? int.MaxValue : 1 << terms.ServerBits;
        TakesOver = terms.ServerTakesOver && LargestMessage == int.MaxValue;
        Answer = Extension + "; client_no_context_takeover"
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

    /// <summary>
    /// The first offer that can be kept; null when there is none. <c>extension-list = 1#( "permessage-deflate" *( ";" parameter ) )</c>
    /// (RFC 7692, 7.1; RFC 6455, 9.1). An offer with an unknown, repeated or wrong parameter is passed over, as the RFC asks.
    /// </summary>
    public static DeflateAgreement? Find(ReadOnlySpan<char> offers)
    {
        foreach (var range in offers.Split(','))
        {
            if (TryRead(offers[range], out var terms))
            {
                return s_known.GetOrAdd(terms, static terms => new DeflateAgreement(terms));
            }
        }

        return null;
    }

    private static bool TryRead(ReadOnlySpan<char> offer, out Terms terms)
    {
        terms = default;
        var (serverBits, clientBits) = (0, 0);
        var seen = 0;
        var isName = true;
        foreach (var range in offer.Split(';'))
        {
            var part = offer[range].Trim(" \t");
            if (isName)
            {
                if (!part.Equals(Extension, StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }

                isName = false;
                continue;
            }

            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals].TrimEnd(" \t");
            var value = equals < 0 ? default : Unquoted(part[(equals + 1)..].TrimStart(" \t"));
            var (bit, isSound) = name switch
            {
                "server_no_context_takeover" => (1, equals < 0),
                "client_no_context_takeover" => (2, equals < 0),
                "server_max_window_bits" => (4, TryReadWindow(value, out serverBits)),
                "client_max_window_bits" => (8, equals < 0 || TryReadWindow(value, out clientBits)),
                _ => (0, false),
            };
            if (!isSound || (seen & bit) != 0)
            {
                return false;
            }

            seen |= bit;
        }

        terms = new Terms(ServerTakesOver: (seen & 1) == 0, serverBits, clientBits);
        return true;
    }

    private static ReadOnlySpan<char> Unquoted(ReadOnlySpan<char> value) => value is ['"', .. var inner, '"'] ? inner : value;

    /// <summary><c>8..15</c>, without zeros before it.</summary>
    private static bool TryReadWindow(ReadOnlySpan<char> value, out int bits) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out bits)
        && bits is >= SmallestWindow and <= LargestWindow && value[0] != '0';

    /// <summary>What the client wants.</summary>
    /// <param name="ServerTakesOver">False when each of the server's messages must stand alone.</param>
    /// <param name="ServerBits">The window that the server must keep to; 0: the client names none.</param>
    /// <param name="ClientBits">The window that the client keeps to; 0: it names none.</param>
    private readonly record struct Terms(bool ServerTakesOver, int ServerBits, int ClientBits);
}
