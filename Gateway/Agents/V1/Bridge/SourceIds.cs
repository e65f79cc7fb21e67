using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

using Gateway.Agents.V1.Translation;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// The source ids of translated events, the same whenever the same V1 log is translated: <c>ID</c>, <c>ID/1</c>, <c>ID/2</c>, … for what
/// a V1 event is shown as, in order, and <c>ID/state</c>, <c>ID/state-1</c>, … for the agent's states, which count for themselves,
/// because a state that is shown already is left out. ID is V1's id of the event; of an id that is long, or has other than letters, digits
/// and <c>-_.:</c>, its digest. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class SourceIds
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    // How many of each there were since the last commit: what is shown for a V1 event is committed with it, or not at all.
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Gives an output its source id, if the log says what it is shown for. Called once for each, in order.</summary>
    public void Name(TranslationOutput output)
    {
        if (output.V1Id.Length == 0 || output.IsTransientMessage)
        {
            return;
        }

        var (first, separator) = output.IsState ? (OfState(output.V1Id), '-') : (Of(output.V1Id), '/');
        var count = _counts.GetValueOrDefault(first);
        _counts[first] = count + 1;
        output.SourceId = count == 0 ? first : string.Create(CultureInfo.InvariantCulture, $"{first}{separator}{count}");
    }

    /// <summary>Nothing is shown any more for what was taken until now.</summary>
    public void Committed() => _counts.Clear();

    /// <summary>Of the agent's first state that is shown for a V1 event.</summary>
    public static string OfState(string v1Id) => $"{Of(v1Id)}/state";

    /// <summary>Of the first thing that a V1 event is shown as.</summary>
    public static string Of(string id) => id.Length <= MaxLength && !id.AsSpan().ContainsAnyExcept(s_plain)
        ? id
        : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
}
