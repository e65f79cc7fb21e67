using System.Text.RegularExpressions;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Hosting;

/// <summary>The lines about connections that have ended, and about clients that were refused.</summary>
public sealed partial class AccessLogTests
{
    private const string Key = "secret-key-4711";

    [Theory]
    [InlineData("Text")]
    [InlineData("Json")]
    public async Task Lines_OfEndedAndRefusedConnections_SayWhoAndWhy(string format)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(new()
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["SESSION_API_KEY"] = Key,
            ["Agent"] = "echo",
            ["Log__Format"] = format,
        });
        await VisitAsync(gateway.Address.Port, "Python/3.11 aiohttp/3.9.1");
        await RefuseAsync(gateway.Address.Port);
        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);

        var lines = await gateway.OutputAsync();
        var ended = lines.Single(static line => line.Contains("ended: client_closed"));
        var refused = lines.Single(static line => line.Contains("CONNECT from"));

        (await FailToBan.ReadFilterAsync("127.0.0.1")).Should().Contain(pattern => pattern.IsMatch(refused));
        lines.Should().NotContain(static line => line.Contains("secret-key"));
        if (format == "Text")
        {
            ended.Should().MatchRegex(
                @"Connections \[c\d+ c1\] Connection from 127\.0\.0\.1 ended: client_closed\. "
                    + @"aiohttp 3\.9\.1 over websocket for 0:00:\d\d\S*; "
                    + @"received 1 events, \d+ bytes; sent \d+ events, \d+ bytes\.$");
            return;
        }

        var properties = Strictly(ended);
        properties.Should().Contain(new Dictionary<string, JToken>
        {
            ["logger"] = "Gateway.Connections",
            ["address"] = "127.0.0.1",
            ["conversation_id"] = "c1",
            ["client"] = "aiohttp 3.9.1",
            ["transport"] = "websocket",
            ["reason"] = "client_closed",
            ["events_received"] = 1,
        }!);
        properties["duration"]!.Type.Should().Be(JTokenType.Float);
        ((long)properties["bytes_received"]!).Should().BePositive();
        ((long)properties["bytes_sent"]!).Should().BePositive();
        ((long)properties["events_sent"]!).Should().BePositive();
        lines.SelectMany(static line => Strictly(line).Properties()).Select(static property => property.Name).Distinct()
            .Should().OnlyContain(static name => SmallName().IsMatch(name));
    }

    private static async Task VisitAsync(int port, string agent)
    {
        using var client = await RawEngineClient.OpenAsync(
            port, "/socket.io/", $"&conversation_id=c1&session_api_key={Key}", headers: $"User-Agent: {agent}");
        await client.SendTextAsync("40");
        await client.ReadThroughAsync("40");
        await client.SendTextAsync("""420["oh_user_action",{"action":"message","args":{"content":"Hello"}}]""");
        await client.ReadThroughAsync("430");
        await client.SendTextAsync("1");
        await client.ReadCloseAsync();
    }

    private static async Task RefuseAsync(int port)
    {
        using var client = await RawEngineClient.OpenAsync(port, "/socket.io/", "&conversation_id=c1&session_api_key=another-secret-key");
        await client.SendTextAsync("40");
        (await client.ReadTextAsync()).Should().StartWith("44");
    }

    /// <summary>A line that has a name twice is no good one.</summary>
    private static JObject Strictly(string line)
    {
        using var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader, new JsonLoadSettings { DuplicatePropertyNameHandling = DuplicatePropertyNameHandling.Error });
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex SmallName();
}
