using System.CommandLine;
using System.CommandLine.Parsing;

namespace Gateway.Tests.Drift;

/// <summary><c>Gateway.Tests/drift URL…</c>: whether agent-servers still do what was recorded, as V0's clients see it.</summary>
internal static class DriftCommand
{
    public const string Argument = "drift";

    private const string KeyVariable = "V1_SESSION_API_KEY";
    private const int SomethingDiffers = 1;
    private const int CouldNotRun = 2;

    /// <summary>Gives the exit code: 0 when all rows that ran are the same, 1 when one is not, 2 when it could not run.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        var code = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? CouldNotRun : code;
    }

    /// <summary>Runs all rows and prints the table.</summary>
    public static async Task<int> RunAsync(DriftOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        var rows = DriftRow.All.Where(row => options.Rows?.Contains(row.Name, StringComparer.OrdinalIgnoreCase) ?? true).ToList();
        await using var model = await ScriptedModel.StartAsync(options.ModelListen);
        var runner = new DriftRunner(options, model);
        var table = new DriftTable(rows);
        foreach (var address in options.Servers)
        {
            var version = await VersionAsync(options, runner, address, cancellationToken);
            var column = table.AddColumn(version);
            foreach (var row in rows)
            {
                var result = await runner.RunAsync(row, address, cancellationToken);
                column[row.Name] = result;
                await output.WriteLineAsync(DriftTable.Line(row, version, result));
            }
        }

        await output.WriteLineAsync();
        await output.WriteAsync(table.ToString());
        return table.IsAllSame ? 0 : SomethingDiffers;
    }

    private static async Task<string> VersionAsync(
        DriftOptions options, DriftRunner runner, Uri address, CancellationToken cancellationToken)
    {
        using var server = new DriftServer(address, options.Key, options.Limit);
        try
        {
            return await server.GetVersionAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or DriftException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync(
                $"drift: {address.Authority} does not say its version: {runner.WithoutKey(exception.Message)}");
            return address.Authority;
        }
    }

    private static RootCommand Create()
    {
        var urls = new Argument<Uri[]>("URL")
        {
            Description = "Agent-servers, a column each.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = static result => [.. result.Tokens.Select(token => Address(token.Value, result)).OfType<Uri>()],
        };
        var key = new Option<string?>("--key") { Description = $"Their key; or in {KeyVariable}." };
        var listen = new Option<string>("--model-listen")
        {
            Description = "Where the scripted model listens.",
            DefaultValueFactory = static _ => "http://127.0.0.1:0",
        };
        var modelUrl = new Option<Uri?>("--model-url")
        {
            Description = "By which address the servers reach it, if by another.",
            CustomParser = static result => Address(result.Tokens[0].Value, result),
        };
        var workspace = new Option<string>("--workspace")
        {
            Description = "The folder at the servers in which agents work.",
            DefaultValueFactory = static _ => "/workspace/drift",
        };
        var restart = new Option<string?>("--restart-command") { Description = "Restarts the server that DRIFT_URL names." };
        var rows = new Option<string[]>("--row") { Description = "Only this row; may be given several times." };
        var limit = new Option<double>("--limit") { Description = "Seconds that a frame may take.", DefaultValueFactory = static _ => 60 };
        var played = new Option<bool>("--played") { Description = "The server plays a recording and asks no model.", Hidden = true };
        var command = new RootCommand("Runs V0's clients against agent-servers with a scripted model, and compares with what was recorded.")
        {
            urls, key, listen, modelUrl, workspace, restart, rows, limit, played,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new DriftOptions
            {
                Servers = parsed.GetRequiredValue(urls),
                Key = parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable),
                ModelListen = parsed.GetRequiredValue(listen),
                ModelUrl = parsed.GetValue(modelUrl),
                Workspace = parsed.GetRequiredValue(workspace),
                RestartCommand = parsed.GetValue(restart),
                Rows = parsed.GetValue(rows) is { Length: > 0 } named ? named : null,
                Limit = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(limit), 1, 3_600)),
                IsPlayed = parsed.GetValue(played),
            };
            if (Problem(options) is { } problem)
            {
                await Console.Error.WriteLineAsync($"drift: {problem}");
                return CouldNotRun;
            }

            return await RunAsync(options, Console.Out, cancellationToken);
        });
        return command;
    }

    private static string? Problem(DriftOptions options) =>
        options.Rows?.FirstOrDefault(static name => !DriftRow.All.Any(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            is { } unknown ? $"there is no row '{unknown}'; there are: {string.Join(", ", DriftRow.All.Select(static row => row.Name))}"
        : null;

    /// <summary>The parser has none of its own for addresses, and leaves an array of them with nothing in it.</summary>
    private static Uri? Address(string text, SymbolResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https"))
        {
            return address;
        }

        result.AddError($"'{text}' is no http or https address");
        return null;
    }
}
