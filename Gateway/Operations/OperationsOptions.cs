using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Operations;

/// <summary>How a process is kept in order while it serves.</summary>
internal sealed class OperationsOptions
{
    public const string Section = "Operations";

    /// <summary>
    /// How often the process looks whether it is idle and holds memory that a burst has left behind, which it then gives back to the
    /// system.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IdleMemoryCheck { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For how long the store may fail to do what it is asked before <c>/health/ready</c> says so. When it works again that is said at
    /// once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan NotReadyAfter { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class OperationsOptionsValidator : IValidateOptions<OperationsOptions>;
