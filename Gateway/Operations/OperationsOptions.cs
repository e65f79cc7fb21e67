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

    /// <summary>
    /// The key that operators show on the routes that are theirs; empty, and there are no such routes (404). At least 16 characters of
    /// printable ASCII without spaces. A secret.
    /// </summary>
    public string Key { get; set; } = "";

    /// <summary>
    /// An address of its own for the operators' routes, as <c>http://127.0.0.1:9000</c>, listened on besides the others: on the port of
    /// any other address they are not found. Empty: they are answered wherever the program listens.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>For how long a browser whose operator has signed in is not asked for the key again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromHours(12);
}

[OptionsValidator]
internal sealed partial class OperationsOptionsAttributeValidator : IValidateOptions<OperationsOptions>;

/// <summary>What attributes cannot say.</summary>
internal sealed class OperationsOptionsValidator : IValidateOptions<OperationsOptions>
{
    private const int ShortestKey = 16;

    public ValidateOptionsResult Validate(string? name, OperationsOptions options)
    {
        List<string> failures = [];
        if (options.Key.Length > 0 && (options.Key.Length < ShortestKey || options.Key.Any(static c => c is <= ' ' or > '~')))
        {
            failures.Add($"Operations:Key must be at least {ShortestKey} characters of printable ASCII without spaces: it goes into a header.");
        }

        if (options.Address.Length > 0 && options.Key.Length == 0)
        {
            failures.Add("Operations:Address is set and Operations:Key is not: the operators' routes are off without a key.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
