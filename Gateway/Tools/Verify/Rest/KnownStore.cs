using System.Text.RegularExpressions;

namespace Gateway.Tools.Verify.Rest;

/// <summary>
/// What stands in a fixture's store before the session, as far as a comparison of REST asks for it: a time that is there is compared
/// exactly, any other one was born in the session. Read once; immutable.
/// </summary>
internal sealed partial class KnownStore
{
    private readonly HashSet<string> _times = new(StringComparer.Ordinal);

    private KnownStore(IReadOnlyCollection<string> files)
    {
        IsEmpty = files.Count == 0;
        foreach (var file in files)
        {
            var text = File.ReadAllText(file);
            foreach (Match time in Time().Matches(text))
            {
                _times.Add(time.Value);
            }

            HasTimeWithoutZone |= Path.GetFileName(file) == "metadata.json" && CreatedWithoutZone().IsMatch(text);
        }
    }

    /// <summary>A store that is there and that nobody has read: no time in it is known.</summary>
    public static KnownStore Unread { get; } = new([]) { IsEmpty = false };

    /// <summary>There is nothing in it.</summary>
    public bool IsEmpty { get; private init; }

    /// <summary>A conversation was made at a time that says no zone: V0 cannot sort its list then.</summary>
    public bool HasTimeWithoutZone { get; }

    public static KnownStore Read(string? path) => new(path is null
        ? []
        : Directory.GetFiles(path, "*.json", SearchOption.AllDirectories));

    public bool HasTime(string text) => _times.Contains(text);

    /// <summary>Both are times of one form: the same zone, and as many digits after the point; Python leaves out a fraction of 0.</summary>
    public static bool AreTimesOfOneForm(string left, string right)
    {
        var (one, other) = (WholeTime().Match(left), WholeTime().Match(right));
        return one.Success && other.Success
            && one.Groups["zone"].Value == other.Groups["zone"].Value
            && (!one.Groups["fraction"].Success
                || !other.Groups["fraction"].Success
                || one.Groups["fraction"].Length == other.Groups["fraction"].Length);
    }

    [GeneratedRegex("""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?""")]
    private static partial Regex Time();

    [GeneratedRegex("""^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?<fraction>\.\d+)?(?<zone>Z|[+-]\d\d:\d\d)?$""")]
    private static partial Regex WholeTime();

    [GeneratedRegex(@"""created_at""\s*:\s*""[^""]*:\d\d(?:\.\d+)?""")]
    private static partial Regex CreatedWithoutZone();
}
