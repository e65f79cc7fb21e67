using System.ComponentModel.DataAnnotations;

namespace Gateway.Agents.Canary;

/// <summary>
/// Which conversations are V1's while the others stay where they are (canary.md). Read once, at start; for <c>Agent=v1</c> alone. Off
/// unless <see cref="Old"/> is set.
/// </summary>
internal sealed class CanaryOptions
{
    public const string Section = "Migration:Route";

    /// <summary>
    /// Where the conversations are that are not V1's: the address of a V0 server, or the name of the agent that answers in them here
    /// (<c>none</c>, <c>echo</c>). Empty: all are V1's.
    /// </summary>
    public string Old { get; set; } = "";

    /// <summary>How many of a hundred new conversations are V1's; parts of a percent count down to a hundredth.</summary>
    [Range(0.0, 100.0)]
    public double Percent { get; set; }

    /// <summary>Users, as the access policy names them, all of whose new conversations are V1's.</summary>
    public IList<string> Users { get; } = [];

    /// <summary>
    /// A request header that makes a new conversation V1's: its name, or <c>name=value</c> where one value alone does it.
    /// </summary>
    public string Header { get; set; } = "";

    /// <summary>A cookie that does the same, written likewise.</summary>
    public string Cookie { get; set; } = "";

    /// <summary>
    /// No new conversation is V1's, whatever the others say; those that are stay there. The way back.
    /// </summary>
    public bool TakeBack { get; set; }

    /// <summary>
    /// How long the V0 server may leave a request without a byte, and how long it may take to answer a socket's handshake. It is asked for
    /// its list for no longer than 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary><see cref="Old"/>, before anything is registered.</summary>
    public static string OldIn(IConfiguration configuration) => configuration[$"{Section}:{nameof(Old)}"] ?? "";
}
