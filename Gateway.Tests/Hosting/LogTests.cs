using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Hosting;

/// <summary>What the running program prints.</summary>
public sealed class LogTests
{
    private const string Key = "secret-key-4711";

    [Theory]
    [InlineData("Text")]
    [InlineData("Json")]
    public async Task Lines_OfAConnection_CarryItsIdsAndNoSecret(string format)
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["SESSION_API_KEY"] = Key, ["Log__Format"] = format },
            "--Logging:LogLevel:Gateway", "Debug", "--Logging:LogLevel:Microsoft.AspNetCore", "Trace");
        var sid = await VisitAsync(gateway.Address, "conversation-1", Key);
        await VisitAsync(gateway.Address, "conversation-2", "wrong-key-0815");

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);

        var lines = await gateway.OutputAsync();
        lines.Should().NotContain(line => line.Contains(Key) || line.Contains("wrong-key-0815") || line.Contains(sid));
        lines.Should().Contain(static line => line.Contains("conversation-2") && line.Contains("invalid_session_api_key"));
        var ofConnections = lines.Where(static line => line.Contains("Joined namespace") || line.Contains("Left namespace")).ToList();
        ofConnections.Should().NotBeEmpty().And.OnlyContain(static line => line.Contains("conversation-"));
        if (format == "Json")
        {
            lines.Select(JObject.Parse).Where(static line => ((string?)line["message"])!.Contains("Left namespace"))
                .Should().NotBeEmpty().And
                    .OnlyContain(static line => ((string?)line["connection_id"])!.StartsWith('c') && line["conversation_id"] != null);
            lines.Select(JObject.Parse)
                .Select(static line => line["conversation_id"])
                .OfType<JToken>()
                .Should()
                .NotBeEmpty().And
                .OnlyContain(static id => id.Type == JTokenType.String);
        }
    }

    [Fact]
    public async Task Lines_AboutTheKeyWhereNobodyLooksForIt_DoNotShowIt()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["SESSION_API_KEY"] = "odd key-4711" }, "--Logging:LogLevel:Microsoft.AspNetCore",
                "Trace");
        using var http = new HttpClient { BaseAddress = gateway.Address, Timeout = TestLimits.Step };
        await http.GetAsync("/not-here?session%5Fapi%5Fkey=other-key-0815");
        await http.GetAsync("/not-here?key=odd%20key-4711");
        await http.GetAsync("/not-here/odd key-4711");

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);

        var lines = await gateway.OutputAsync();
        lines.Should().Contain(static line => line.Contains("/not-here?key=***")).And.Contain(static line => line.Contains("/not-here/***"))
            .And.NotContain(static line => line.Contains("key-4711") || line.Contains("0815"));
    }

    [Fact]
    public async Task Lines_AboutDamageThatAConnectionFinds_CarryItsIds()
    {
        using var store = TempStore.Empty();
        Directory.CreateDirectory(store.PathOf("sessions", "conversation-1", "events"));
        await File.WriteAllTextAsync(store.PathOf("sessions", "conversation-1", "metadata.json"), "");
        await File.WriteAllTextAsync(store.PathOf("sessions", "conversation-1", "events", "0.json"), "{");
        await using var gateway = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        await VisitAsync(gateway.Address, "conversation-1", "");

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);

        (await gateway.OutputAsync()).Where(static line => line.Contains("metadata cannot be read") || line.Contains("cannot be shown"))
            .Should().HaveCount(2).And.OnlyContain(static line => line.Contains("[c1 conversation-1]"));
    }

    [Fact]
    public async Task Start_EveryOriginAllowed_IsWarnedOf()
    {
        using var store = TempStore.Empty();
        var openLines = await StartAndStopAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        var closedLines = await StartAndStopAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["PERMITTED_CORS_ORIGINS"] = "https://a.example" });

        openLines.Should().Contain(static line => line.Contains("WARN") && line.Contains("PERMITTED_CORS_ORIGINS"));
        closedLines.Should().NotContain(static line => line.Contains("WARN"));
    }

    [Fact]
    public async Task Start_HomeThatIsNotThereYet_IsMade()
    {
        using var store = TempStore.Empty();

        await StartAndStopAsync(new() { ["HOME"] = store.PathOf("home"), ["FILE_STORE_PATH"] = "~/kept" });

        Directory.Exists(store.PathOf("home", "kept")).Should().BeTrue();
    }

    private static async Task<IReadOnlyList<string>> StartAndStopAsync(Dictionary<string, string> environment)
    {
        await using var gateway = await GatewayProcess.StartListeningAsync(environment);
        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        return await gateway.OutputAsync();
    }

    /// <summary>Connects by polling, hears the answer, and leaves. The sid is given.</summary>
    private static async Task<string> VisitAsync(Uri address, string conversationId, string key)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TestLimits.Step };
        var query = $"/socket.io/?EIO=4&transport=polling&conversation_id={conversationId}&session_api_key={key}";
        var open = await http.GetStringAsync(query);
        var sid = (string?)JObject.Parse(open[1..])["sid"] ?? "";
        (await http.PostAsync($"{query}&sid={sid}", new StringContent("40"))).EnsureSuccessStatusCode();
        (await http.GetStringAsync($"{query}&sid={sid}"))
            .Should()
            .Match(static answer => answer.StartsWith("40") || answer.StartsWith("44"));
        (await http.PostAsync($"{query}&sid={sid}", new StringContent("1"))).EnsureSuccessStatusCode();
        return sid;
    }
}
