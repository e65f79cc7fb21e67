using System.Globalization;

using Npgsql;

namespace Gateway.Tests.Support;

/// <summary>
/// A PostgreSQL server of the tests' own, from Debian's programs, in a temporary folder, on a free port of the loopback and without waiting
/// for the disk. One for the test run (<see cref="SharedAsync"/>), which ends with it, however it ends. Any thread.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Role = "gateway";

    // The server ends, and its folder goes, when the standard input ends: with the tests' process, however that ends.
    private const string RunUntilInputEnds =
        """
        folder=$1; shift; "$@" & server=$!
        while read -r word; do
          case $word in
            stop) kill -INT $server; wait $server; echo stopped;;
            start) "$@" & server=$!;;
          esac
        done
        kill -QUIT $server; wait $server; rm -rf "$folder"
        """;

    private static readonly Lazy<Task<PostgresServer>> s_shared = new(StartAsync);

    private readonly ProcessRunner _process;
    private int _databases;

    private PostgresServer(ProcessRunner process, int port)
    {
        (_process, Port) = (process, port);
    }

    public int Port { get; }

    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    public static async Task<PostgresServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-postgres-");
        AnotherUser.OpenFolder(folder.FullName);
        var data = Path.Combine(folder.FullName, "data");
        var port = NginxProxy.FreePort();
        string[] make = [PathOf("initdb"), "-D", data, "-U", Role, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
        await RunAsync(make);
        string[] settings =
        [
            $"port={port}", "listen_addresses=127.0.0.1", $"unix_socket_directories={folder.FullName}", "fsync=off", "full_page_writes=off",
            "max_connections=300", "shared_buffers=64MB", "max_wal_size=256MB", "autovacuum_naptime=10s",
        ];
        string[] run = [PathOf("postgres"), "-D", data, .. settings.SelectMany(static setting => new[] { "-c", setting })];
        var command = AnotherUser.Command(run);
        var process = ProcessRunner.Start("sh", ["-c", RunUntilInputEnds, "sh", folder.FullName, .. command]);
        var server = new PostgresServer(process, port);
        await server.ReadyAsync();
        return server;
    }

    /// <summary>
    /// Ends it, with everybody's connections; <see cref="ResumeAsync"/> starts it again. Only for a server of a test's own.
    /// </summary>
    public async Task StopAsync()
    {
        await _process.WriteLineAsync("stop");
        (await _process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step)).Should().Be("stopped");
    }

    public async Task ResumeAsync()
    {
        await _process.WriteLineAsync("start");
        await ReadyAsync();
    }

    /// <summary>Makes an empty database of a new name, and gives what connects to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync(ConnectTo("postgres"), $"CREATE DATABASE {name} TEMPLATE template0");
        return ConnectTo(name);
    }

    public string ConnectTo(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={Role};Database={database}");

    /// <summary>Runs a statement on a connection of its own; the first value of its first row.</summary>
    public static async Task<object?> ExecuteAsync(string connectionString, string statement, params object[] values)
    {
        await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync();
        return await ExecuteAsync(connection, statement, values);
    }

    /// <summary>Runs a statement; the first value of its first row.</summary>
    public static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string statement, params object[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Not killed: its processes would be left, stopped.
        _process.CloseInput();
        await _process.ExitAsync();
        await _process.DisposeAsync();
    }

    private async Task ReadyAsync()
    {
        while (!(await _process.ErrorLines.ReadAsync().AsTask().WaitAsync(TestLimits.Step))
            .Contains("ready to accept connections", StringComparison.Ordinal))
        {
            // It says what it does until then.
        }
    }

    private static async Task RunAsync(string[] command)
    {
        var asUser = AnotherUser.Command(command);
        await ProcessRunner.RunAsync(asUser[0], asUser.Skip(1), TestLimits.Slow);
    }

    /// <summary>Debian has the programs in a folder for each version, which is not on the path.</summary>
    private static string PathOf(string program) =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(static folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", program)).FirstOrDefault(File.Exists) ?? program
            : program;
}
