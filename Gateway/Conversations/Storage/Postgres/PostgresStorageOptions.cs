using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>The database that keeps the conversations, where <c>Storage:Kind</c> is <c>Postgres</c>.</summary>
internal sealed class PostgresStorageOptions
{
    public const string Section = "Storage:Postgres";

    /// <summary>
    /// The database, as Npgsql writes it (<c>Host=…;Database=…;Username=…;Password=…</c>) or as a URL
    /// (<c>postgres://user:password@host/database?sslmode=require</c>). Shown nowhere.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// The same database for the one connection that hears of other gateways' events, where the main one goes through a pooler that cannot
    /// listen (one that pools by transaction). Empty for the main one. Shown nowhere.
    /// </summary>
    public string ListenConnectionString { get; set; } = "";

    /// <summary>
    /// Connections that this process opens at most, beside the one that listens; who finds them all in use waits for his turn.
    /// </summary>
    [Range(1, 1_000)]
    public int MaxConnections { get; set; } = 16;

    /// <summary>
    /// How long a gateway that has died keeps the agents of its conversations, before another one takes them; renewed when a third of it is
    /// over. From 3 s to 10 minutes.
    /// </summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long one call of the database may take, with its wait for a connection and everything that is tried again, before its caller is
    /// told that there is no answer. Above 0, at most 10 minutes.
    /// </summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(8);
}

/// <summary>The attribute checks of <see cref="PostgresStorageOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class PostgresStorageOptionsAttributeValidator : IValidateOptions<PostgresStorageOptions>;

/// <summary>The checks that attributes cannot say. Collects every failure, and says nothing of what the connection string holds.</summary>
internal sealed class PostgresStorageOptionsValidator : IValidateOptions<PostgresStorageOptions>
{
    private static readonly TimeSpan s_shortestLease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, PostgresStorageOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            failures.Add(
                $"{PostgresStorageOptions.Section}:{nameof(options.ConnectionString)} or DATABASE_URL must name the database.");
        }
        else if (PostgresConnectionString.TryParse(options.ConnectionString, out _) is { } problem)
        {
            failures.Add($"{PostgresStorageOptions.Section}:{nameof(options.ConnectionString)} {problem}.");
        }

        if (options.ListenConnectionString.Length > 0
            && PostgresConnectionString.TryParse(options.ListenConnectionString, out _) is { } listenProblem)
        {
            failures.Add($"{PostgresStorageOptions.Section}:{nameof(options.ListenConnectionString)} {listenProblem}.");
        }

        if (options.CallTimeout <= TimeSpan.Zero || options.CallTimeout > s_longest)
        {
            failures.Add($"{PostgresStorageOptions.Section}:{nameof(options.CallTimeout)} must be above 0 and at most {s_longest}.");
        }

        if (options.LeaseTime < s_shortestLease || options.LeaseTime > s_longest)
        {
            failures.Add(
                $"{PostgresStorageOptions.Section}:{nameof(options.LeaseTime)} must be at least {s_shortestLease} and at most {s_longest}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
