using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// Reads connection strings, those of Npgsql and the URLs that other programs have. What it says of a wrong one names no part of it. Pure.
/// </summary>
internal static class PostgresConnectionString
{
    // libpq's names for what Npgsql has under others.
    private static readonly Dictionary<string, string> s_urlNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["channel_binding"] = "Channel Binding",
        ["target_session_attrs"] = "Target Session Attributes",
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
        ["options"] = "Options",
    };

    /// <summary>
    /// What is wrong with the text, as the end of a sentence; null when it is sound, and <paramref name="parsed"/> has it.
    /// </summary>
    public static string? TryParse(string text, out NpgsqlConnectionStringBuilder parsed)
    {
        parsed = [];
        try
        {
            var problem = text.TrimStart().StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
                || text.TrimStart().StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? ReadUrl(text.Trim(), parsed)
                : ReadPairs(text, parsed);
            return problem ?? (string.IsNullOrEmpty(parsed.Host) ? "names no host" : null);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException
            or InvalidCastException or OverflowException or NotSupportedException)
        {
            // Their messages quote the text.
            return "has a parameter that is not known, or a value that it does not take";
        }
    }

    /// <summary>What makes the connection that listens: its own text, or the main one's. One connection, which no pool gives out.</summary>
    public static string ForListening(PostgresStorageOptions options)
    {
        var text = options.ListenConnectionString.Length > 0 ? options.ListenConnectionString : options.ConnectionString;
        if (TryParse(text, out var parsed) is { } problem)
        {
            throw new ArgumentException(problem);
        }

        parsed.Pooling = false;
        parsed.IncludeErrorDetail = false;
        parsed.CommandTimeout = 0;
        parsed.ApplicationName ??= "gateway listens";
        return parsed.ConnectionString;
    }

    /// <summary>What no log may show: the whole text, and the password in it.</summary>
    public static IEnumerable<string?> SecretsIn(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            yield return text;
            _ = TryParse(text, out var parsed);
            yield return parsed.Password;
        }
    }

    private static string? ReadPairs(string text, NpgsqlConnectionStringBuilder parsed)
    {
        parsed.ConnectionString = text;
        return null;
    }

    /// <summary>
    /// <c>postgres://user:password@host:port/database?name=value</c>, each part percent-encoded, all but the host optional.
    /// </summary>
    private static string? ReadUrl(string url, NpgsqlConnectionStringBuilder parsed)
    {
        var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        (rest, var query) = Cut(rest, '?');
        var (authority, database) = Cut(rest, '/');
        if (authority.LastIndexOf('@') is var at and >= 0)
        {
            var user = authority[..at].Split(':', 2);
            parsed.Username = Decode(user[0]);
            if (user.Length == 2)
            {
                parsed.Password = Decode(user[1]);
            }

            authority = authority[(at + 1)..];
        }

        if (authority.Length > 0)
        {
            ReadHosts(authority, parsed);
        }

        if (database.Length > 0)
        {
            parsed.Database = Decode(database);
        }

        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            if (parts.Length != 2)
            {
                return "has a parameter without a value";
            }

            var name = Decode(parts[0]);
            parsed[s_urlNames.GetValueOrDefault(name, name)] = ValueOf(name, Decode(parts[1]));
        }

        return null;
    }

    /// <summary>One host with its port, or several with commas, which Npgsql takes as they are.</summary>
    private static void ReadHosts(string authority, NpgsqlConnectionStringBuilder parsed)
    {
        var isOne = !authority.Contains(',', StringComparison.Ordinal);
        var colon = authority.LastIndexOf(':');
        if (isOne && colon > authority.LastIndexOf(']'))
        {
            parsed.Port = int.Parse(authority.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
            authority = authority[..colon];
        }

        parsed.Host = Decode(isOne ? authority.Trim('[', ']') : authority);
    }

    // verify-full is VerifyFull, read-write is ReadWrite.
    private static string ValueOf(string name, string value) =>
        name is "sslmode" or "channel_binding" ? value.Replace("-", "", StringComparison.Ordinal) : value;

    private static (string Before, string After) Cut(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (text, "");

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
