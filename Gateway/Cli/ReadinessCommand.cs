using System.CommandLine;
using System.Globalization;
using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify.Features;

namespace Gateway.Cli;

/// <summary><c>gateway readiness</c>: what clients of V0 really use. Owns its options; made once for a run.</summary>
internal sealed class ReadinessCommand
{
    private const string Alone = "alone";
    private const string BeforeV1 = "v1";
    private const string Markdown = "md";
    private const string Html = "html";
    private const string Json = "json";
    private const int PageOfRows = 200;
    private const int MaxRows = 10_000;

    private readonly Argument<string[]> _paths = new("path")
    {
        Description = "Recordings (HAR files, or folders that are searched for them) and V0 stores (folders with sessions/).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly OperatorsArguments _gateway = new();

    private readonly Option<string> _deployment = new("--deployment")
    {
        Description = "alone: Gateway on V0's store, without an agent. v1: a V1 server does the work.",
        DefaultValueFactory = static _ => Alone,
    };

    private readonly Option<string[]> _require = new("--require")
    {
        Description = "A feature that must be answered exactly as V0 does, not by a rule; * is any text. May be given several times.",
    };

    private readonly Option<string[]> _allow = new("--allow")
    {
        Description = "A feature that may be different or not served; * stands for any text. May be given several times.",
    };

    private readonly Option<string?> _format = new("--format")
    {
        Description = "md, html or json; without it by the ending of --out, else md.",
    };

    private readonly Option<FileInfo?> _out = new("--out")
    {
        Description = "The file to write; without it the report goes to standard output.",
    };

    private ReadinessCommand()
    {
        _deployment.AcceptOnlyFromAmong(Alone, BeforeV1);
        _format.AcceptOnlyFromAmong(Markdown, Html, Json);
        _gateway.Url.Description = "A running gateway, whose own counts of clients are read as well.";
    }

    public static Command Create()
    {
        var readiness = new ReadinessCommand();
        var command = new Command(
            "readiness",
            "Says which features of V0 clients really used, and how each is answered here. "
            + "Exit code 0 ready, 1 not ready, 2 when not all could be read.")
        {
            readiness._paths, readiness._gateway.Url, readiness._gateway.Key, readiness._deployment, readiness._require, readiness._allow,
            readiness._format, readiness._out,
        };
        command.SetAction(readiness.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var exceptions = new ReadinessExceptions(parsed.GetValue(_require) ?? [], parsed.GetValue(_allow) ?? []);
        var paths = parsed.GetValue(_paths) ?? [];
        var isEmpty = paths.Length == 0 && parsed.GetValue(_gateway.Url) is null;
        var problem = isEmpty ? "no path and no --url was given"
            : FormatOf(parsed) is null ? "the ending of --out is none of .md, .html and .json: give --format"
            : exceptions.FindUnknown();
        if (problem is not null)
        {
            return await RefuseAsync(problem);
        }

        var reader = new ReadinessReader();
        foreach (var path in paths)
        {
            reader.Read(path, cancellationToken);
        }

        if (parsed.GetValue(_gateway.Url) is { } url && !await TryAskAsync(parsed, url, reader, cancellationToken))
        {
            return Terminal.CouldNotRun;
        }

        var report = ReadinessReport.Of(
            reader,
            parsed.GetRequiredValue(_deployment) == Alone ? Deployment.Alone : Deployment.BeforeV1,
            exceptions,
            TimeProvider.System.GetUtcNow());
        return await WriteAsync(parsed, report, cancellationToken);
    }

    private async Task<bool> TryAskAsync(ParseResult parsed, string url, ReadinessReader reader, CancellationToken cancellationToken)
    {
        using var client = await _gateway.TryOpenAsync(parsed);
        if (client is null)
        {
            return false;
        }

        try
        {
            var sightings = new List<Sighting>();
            foreach (var table in GatewayCounts.Tables)
            {
                sightings.AddRange(await ReadAsync(client, table, cancellationToken));
            }

            reader.AddGateway(new Uri(url).Authority, sightings);
            return true;
        }
        catch (OperatorsException exception)
        {
            await RefuseAsync(exception.Message);
            return false;
        }
    }

    private static async Task<List<Sighting>> ReadAsync(OperatorsClient client, string table, CancellationToken cancellationToken)
    {
        var sightings = new List<Sighting>();
        for (var offset = 0; offset < MaxRows; offset += PageOfRows)
        {
            var page = await client.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"{table}?limit={PageOfRows}&offset={offset}"), cancellationToken);
            sightings.AddRange(page.Objects("rows").SelectMany(row => GatewayCounts.Of(table, row)));
            if (offset + PageOfRows >= page.Number("matching"))
            {
                break;
            }
        }

        return sightings;
    }

    private async Task<int> WriteAsync(ParseResult parsed, ReadinessReport report, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(_out);
        var text = FormatOf(parsed) switch
        {
            Html => ReportHtml.Of(report),
            Json => ReportJson.Of(report),
            _ => ReportMarkdown.Of(report),
        };
        foreach (var missing in report.Problems)
        {
            await RefuseAsync(missing);
        }

        if (report.Rows.Count == 0)
        {
            return await RefuseAsync("nothing was seen, so there is no report");
        }

        if (file is null)
        {
            await Console.Out.WriteAsync(text);
        }
        else
        {
            try
            {
                // Whole or not at all: a report that is half there would be taken for a whole one.
                var temporary = $"{file.FullName}.tmp";
                await File.WriteAllTextAsync(temporary, text, new UTF8Encoding(false), cancellationToken);
                File.Move(temporary, file.FullName, overwrite: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return await RefuseAsync($"the report cannot be written: {exception.Message}");
            }

            await Console.Out.WriteLineAsync(ReportText.Answer(report));
        }

        return report.ExitCode;
    }

    /// <summary>Null when the file's name does not say it, and nobody else does.</summary>
    private string? FormatOf(ParseResult parsed) => parsed.GetValue(_format) ?? parsed.GetValue(_out)?.Extension.ToLowerInvariant() switch
    {
        ".html" or ".htm" => Html,
        ".json" => Json,
        null or "" or ".md" or ".markdown" or ".txt" => Markdown,
        _ => null,
    };

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("readiness", problem);
}
