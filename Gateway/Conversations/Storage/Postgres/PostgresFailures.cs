using System.Net.Sockets;

using Npgsql;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// What the database's errors mean. Their own messages name hosts, databases and users, so nothing is kept of them but the error's code.
/// Pure.
/// </summary>
internal static class PostgresFailures
{
    public static StorageException TimedOut() => Said(StorageFailure.TimedOut, "the store did not answer in time");

    public static StorageException Busy() => Said(StorageFailure.Busy, "too many wait for the store already");

    public static StorageException Unknown() => Said(StorageFailure.Unknown, "nobody can say whether it is stored");

    public static StorageException Deleted() => new(StorageFailure.Deleted, "the conversation has been deleted");

    public static StorageException TakenOver() => new(StorageFailure.TakenOver, "another gateway has the conversation's agent now");

    public static StorageException Duplicate() => new(StorageFailure.Duplicate, "one of the events is in the log already");

    /// <summary>Whether the exception comes of the database or the way to it, and not of a fault of ours.</summary>
    public static bool IsOfTheDatabase(Exception exception) =>
        exception is NpgsqlException or OperationCanceledException or TimeoutException or SocketException
        || exception is IOException and not StorageException;

    /// <summary>
    /// Whether it may succeed a moment later: a connection that was lost, a server that starts or has too many connections.
    /// </summary>
    public static bool IsPassing(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.IsTransient || postgres.SqlState is
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.IdleSessionTimeout or PostgresErrorCodes.ReadOnlySqlTransaction,
        // Without an answer of the server: the connection could not be made, or was lost.
        NpgsqlException or TimeoutException or SocketException or IOException => true,
        _ => false,
    };

    /// <summary>
    /// The server has refused a statement, and done nothing of it. One that ends the connection instead (FATAL: it stops, or was told to
    /// end it) may have committed before.
    /// </summary>
    public static bool IsRefusal(Exception exception) =>
        (exception as PostgresException ?? exception.InnerException) is PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>The server may not be written: one that is to take over from another one, or has just ceased to.</summary>
    public static bool IsReadOnly(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

    public static StorageException Describe(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            Said(StorageFailure.AccessDenied, "access to the store was denied"),
        PostgresException { SqlState: { } code } when code.StartsWith("28", StringComparison.Ordinal) =>
            Said(StorageFailure.AccessDenied, "access to the store was denied"),
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => Busy(),
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            Said(StorageFailure.Unavailable, "the store may not be written"),

        // The events' only other one is their ids, which the conversation's row gives.
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: { } name }
            when name.StartsWith(PostgresSchema.IndexOfSourceIds, StringComparison.Ordinal) => Duplicate(),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => TimedOut(),
        PostgresException other =>
            Said(StorageFailure.Unavailable, $"the store answered with an error (SQLSTATE {other.SqlState})"),
        // A new connection that hears nothing says so within.
        OperationCanceledException or TimeoutException or { InnerException: TimeoutException } => TimedOut(),
        _ => Said(StorageFailure.Unavailable, "the store cannot be reached"),
    };

    /// <summary>For the log: a code of PostgreSQL's own table, or a kind of exception.</summary>
    public static string Name(Exception exception) => exception switch
    {
        PostgresException postgres => $"SQLSTATE {postgres.SqlState}",
        { InnerException: { } inner } => $"{exception.GetType().Name}, {inner.GetType().Name}",
        _ => exception.GetType().Name,
    };

    // By PostgresOutage.
    private static StorageException Said(StorageFailure failure, string message) => new(failure, message) { IsSaid = true };
}
