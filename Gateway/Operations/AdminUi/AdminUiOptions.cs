using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Operations.AdminUi;

/// <summary>How much the Socket.IO Admin UI is told.</summary>
internal enum AdminUiMode
{
    /// <summary>Sums alone.</summary>
    Production,

    /// <summary>Each socket as well, its coming and going.</summary>
    Development,
}

/// <summary>The Socket.IO Admin UI's namespace. It is off until there is a user and a password.</summary>
internal sealed class AdminUiOptions
{
    public const string Section = "Operations:AdminUi";

    /// <summary>Who may sign in; empty: the namespace is not there.</summary>
    public string Username { get; set; } = "";

    /// <summary>The bcrypt hash of the password, as <c>htpasswd -nbB</c> makes it. A secret: never shown.</summary>
    public string PasswordHash { get; set; } = "";

    /// <summary>Sums alone, or every socket.</summary>
    [EnumDataType(typeof(AdminUiMode))]
    public AdminUiMode Mode { get; set; } = AdminUiMode.Production;

    /// <summary>The page shows, and changes nothing: it cannot emit, nor disconnect a socket.</summary>
    public bool ReadOnly { get; set; } = true;

    /// <summary>This server's name on the page; empty for the machine's.</summary>
    public string ServerId { get; set; } = "";

    public bool IsOn => Username.Length > 0;
}

/// <summary>The attribute checks of <see cref="AdminUiOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class AdminUiOptionsAttributeValidator : IValidateOptions<AdminUiOptions>;

/// <summary>What attributes cannot say. The hash is never in what it says.</summary>
internal sealed class AdminUiOptionsValidator : IValidateOptions<AdminUiOptions>
{
    public ValidateOptionsResult Validate(string? name, AdminUiOptions options)
    {
        if (options.Username.Length == 0 != (options.PasswordHash.Length == 0))
        {
            return ValidateOptionsResult.Fail($"{AdminUiOptions.Section}:Username and PasswordHash are set together, or neither.");
        }

        return options.IsOn && !AdminPassword.IsHash(options.PasswordHash)
            ? ValidateOptionsResult.Fail($"{AdminUiOptions.Section}:PasswordHash is no bcrypt hash ($2b$…), or costs more than 2^14 rounds.")
            : ValidateOptionsResult.Success;
    }
}
