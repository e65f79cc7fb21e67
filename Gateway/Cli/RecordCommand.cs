using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;

using Gateway.Tools.Record;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary><c>gateway record</c>: a proxy that writes down what goes through it.</summary>
internal static class RecordCommand
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(250);

    public static Command Create()
    {
        var listen = new Option<string>("--listen")
        {
            Description = "The address to listen on.",
            DefaultValueFactory = static _ => "http://127.0.0.1:3100",
        };
        var upstream = new Option<string>("--upstream") { Description = "The server to pass on to.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "The folder to write session.har into.", Required = true };
        var noRest = new Option<bool>("--no-rest") { Description = "Pass on and record /socket.io alone." };
        var maxBody = new Option<int>("--max-body")
        {
            Description = "KiB of a REST call's body that are kept; larger bodies are passed on and left out.",
            DefaultValueFactory = static _ => (int)(RecordingProxy.DefaultRestBodyBytes / 1024),
        }.Within(0, 1024 * 1024);

        // What it asked for is the rule now.
        var http = new Option<bool>("--http") { Hidden = true };
        var keepSecrets = new Option<bool>("--keep-secrets") { Description = "Leave keys, sids and cookies in the recording." };
        var command = new Command("record", "Records a session between clients and a V0 server, as a proxy between them.") { listen,
            upstream, output, noRest, maxBody, http, keepSecrets };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(upstream), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                return await Terminal.RefuseAsync("record", "--upstream is no http or https URL");
            }

            if (OwnAddress.TryParse(parsed.GetValue(listen)) is not { } own)
            {
                return await Terminal.RefuseAsync("record", $"--listen is no {OwnAddress.Form}");
            }

            if (own.Port > 0 && OwnAddress.Is(address, own))
            {
                return await Terminal.RefuseAsync(
                    "record", "--upstream is where --listen listens: record would connect to itself");
            }

            var console = Terminal.Open();
            try
            {
                await using var recorder =
                    new SessionRecorder(parsed.GetRequiredValue(output).FullName, parsed.GetValue(keepSecrets), TimeProvider.System);
                var maxBytes = 1024L * parsed.GetValue(maxBody);
                using var proxy = new RecordingProxy(address, recorder, !parsed.GetValue(noRest), maxBytes);
                await using var app = Build(proxy, parsed.GetRequiredValue(listen));
                await app.StartAsync(cancellationToken);
                recorder.Start();
                if (parsed.GetValue(keepSecrets))
                {
                    console.MarkupLine("[yellow]Warning: keys, sids and cookies stay in the recording. Give it to nobody.[/]");
                }

                await ShowAsync(console, recorder, $"{app.Urls.First()} -> {address}", cancellationToken);
                await app.StopAsync(CancellationToken.None);
                return 0;
            }
            catch (Exception exception) when (exception is IOException
                or UnauthorizedAccessException
                or FormatException
                or InvalidOperationException
                or SocketException)
            {
                return await Terminal.RefuseAsync("record", exception.Message);
            }
        });
        return command;
    }

    /// <summary>The proxy's host: nothing but the proxy, no settings of the gateway.</summary>
    public static WebApplication Build(RecordingProxy proxy, string listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Uploads go through in pieces; what a poll may bring is bounded by the proxy.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(proxy.HandleAsync);
        return app;
    }

    private static async Task ShowAsync(IAnsiConsole console, SessionRecorder recorder, string title, CancellationToken cancellationToken)
    {
        console.MarkupLineInterpolated($"Recording {title} into {recorder.Path}; Ctrl+C ends it.");
        try
        {
            if (!console.Profile.Capabilities.Interactive)
            {
                // Nobody watches: the end is all that is worth a line.
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            await console.Live(Table(recorder)).StartAsync(async live =>
            {
                while (true)
                {
                    await Task.Delay(s_refresh, cancellationToken);
                    live.UpdateTarget(Table(recorder));
                }
            });
        }
        catch (OperationCanceledException)
        {
            var counts = recorder.Counts;
            console.MarkupLineInterpolated(
                $"Recorded {counts.Connections} connections, {counts.Requests} requests, {counts.Frames} frames, {counts.Bytes} bytes.");
        }
    }

    private static Table Table(SessionRecorder recorder)
    {
        var counts = recorder.Counts;
        var table = new Table()
            .Border(TableBorder.Rounded)
            .AddColumn("connections")
            .AddColumn("requests")
            .AddColumn("frames")
            .AddColumn("bytes")
            .AddColumn("file");
        return table.AddRow(Number(counts.Connections), Number(counts.Requests), Number(counts.Frames), Number(counts.Bytes),
            Markup.Escape(recorder.Problem ?? "written"));
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
