using System.Globalization;

namespace Gateway.EngineIO.Protocol;

/// <summary>The parameters of <c>permessage-deflate</c> in an offer or an answer (RFC 7692, 7.1). Pure.</summary>
/// <param name="ServerTakesOver">False when each of the server's messages must stand alone.</param>
/// <param name="ClientTakesOver">False when each of the client's messages stands alone.</param>
/// <param name="ServerBits">The window that the server must keep to, 8 to 15; 0: none is named.</param>
/// <param name="ClientBits">The window that the client keeps to; 0: none is named.</param>
internal readonly record struct DeflateTerms(bool ServerTakesOver, bool ClientTakesOver, int ServerBits, int ClientBits)
{
    public const string Extension = "permessage-deflate";
    public const int LargestWindow = 15;

    private const int SmallestWindow = 8;

    /// <summary>
    /// The first that can be kept; null when there is none. <c>extension-list = 1#( "permessage-deflate" *( ";" parameter ) )</c>
    /// (RFC 6455, 9.1). One with an unknown, repeated or wrong parameter is passed over, as the RFC asks.
    /// </summary>
    public static DeflateTerms? Find(ReadOnlySpan<char> extensions)
    {
        foreach (var range in extensions.Split(','))
        {
            if (TryRead(extensions[range], out var terms))
            {
                return terms;
            }
        }

        return null;
    }

    private static bool TryRead(ReadOnlySpan<char> offer, out DeflateTerms terms)
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

        terms = new DeflateTerms((seen & 1) == 0, (seen & 2) == 0, serverBits, clientBits);
        return true;
    }

    private static ReadOnlySpan<char> Unquoted(ReadOnlySpan<char> value) => value is ['"', .. var inner, '"'] ? inner : value;

    /// <summary><c>8..15</c>, without zeros before it.</summary>
    private static bool TryReadWindow(ReadOnlySpan<char> value, out int bits) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out bits)
        && bits is >= SmallestWindow and <= LargestWindow && value[0] != '0';
}
