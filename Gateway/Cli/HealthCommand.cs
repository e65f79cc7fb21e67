using System.CommandLine;
using System.Net;

using Gateway.Hosting;
using Gateway.Hosting.Settings;
using Gateway.Primitives;

using Newtonsoft.Json.Linq;

namespace Gateway.Cli;

/// <summary><c>gateway health</c>: asks a running gateway how it is, for containers and scripts that have no other client.</summary>
internal static class HealthCommand
{
    private const int Unhealthy = 1;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var url = new Option<string>("--url")
        {
            Description = "The gateway's address; without it the one that it listens on by its settings.",
        };
        var live = new Option<bool>("--live") { Description = "Only whether it answers, and not whether it should get clients." };
        var command = new Command(
            "health", "Asks a gateway whether it should get clients. Exit code 0 when it should, 1 when not, 2 when it does not answer.")
        {
            url, live,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = parsed.GetValue(url) ?? ListenAddresses.OwnAddress(GatewayApp.CreateBuilder([]).Configuration);
            return HttpAddress.TryParse(address, out var root)
                ? await AskAsync(new Uri(root, parsed.GetValue(live) ? "/health/live" : "/health/ready"), cancellationToken)
                : await Terminal.RefuseAsync([$"health: '{address}' is not an address such as {ListenAddresses.Default}"]);
        });
        return command;
    }

    private static async Task<int> AskAsync(Uri uri, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = s_limit };
        try
        {
            using var answer = await client.GetAsync(uri, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            await Console.Out.WriteLineAsync(Describe(answer.StatusCode, text));
            return answer.IsSuccessStatusCode ? 0 : Unhealthy;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var problem = exception is HttpRequestException ? exception.Message : $"no answer within {s_limit.TotalSeconds} s";
            return await Terminal.RefuseAsync("health", $"{uri.GetLeftPart(UriPartial.Authority)}: {problem}");
        }
    }

    /// <summary>The status in a word, and each part that is not well with its problem.</summary>
    private static string Describe(HttpStatusCode code, string text)
    {
        try
        {
            var json = JObject.Parse(text);
            var problems = (json["checks"] as JObject)?.Properties()
                .Where(static check => (string?)check.Value["status"] != "healthy")
                .Select(static check => $"{check.Name}: {(string?)check.Value["problem"] ?? (string?)check.Value["status"]}") ?? [];
            return string.Join("; ", problems.Prepend((string?)json["status"] ?? $"{(int)code}"));
        }
        catch (Newtonsoft.Json.JsonException)
        {
            return $"{(int)code}";
        }
    }
}
