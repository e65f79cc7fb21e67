using System.Text;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using MessagePack;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

using SocketIOClient.Transport;

namespace Gateway.Tests.Tools.Record;

public sealed class RecordingProxyTests
{
    private const string Secret = "s3cr3t-of-the-user";

    [Theory]
    [InlineData(false, 404)]
    [InlineData(true, 200)]
    public async Task Proxy_OtherThanTheSocket_IsPassedOnUnlessToldOtherwise(bool withHttp, int status)
    {
        await using var upstream = await StartUpstreamAsync();
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp);
        using var http = new HttpClient { BaseAddress = recording.Address };

        using var response = await http.GetAsync(new Uri("/api/conversations", UriKind.Relative)).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        ((int)response.StatusCode).Should().Be(status);
        Entries(recording).Should().HaveCount(withHttp ? 1 : 0);
    }

    [Theory]
    [InlineData("/socket.io/")]
    [InlineData("/socket.io")]
    [InlineData("/runtime/41234/socket.io/")]
    public async Task Proxy_TheSocketUnderAnyPrefix_IsPassedOnAndRecorded(string path)
    {
        await using var upstream = await StartUpstreamAsync();
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()));
        using var http = new HttpClient { BaseAddress = recording.Address };

        var answer = await http.GetStringAsync(new Uri(path + "?EIO=4&transport=polling", UriKind.Relative)).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        answer.Should().Be($"GET {path}");
        Entries(recording).Should().ContainSingle().Which.Url.AbsolutePath.Should().Be(path);
    }

    [Fact]
    public async Task Proxy_Secrets_AreNowhereInTheFile()
    {
        var file = await RecordSecretsAsync(keepSecrets: false);

        file.Should().NotContain(Secret);
        // One name for one secret: a right key is told from a wrong one, and polling exchanges are joined by their sid.
        file.Should().Contain("session_api_key=redacted-1").And.Contain("redacted-2");
    }

    [Fact]
    public async Task Proxy_KeepSecrets_LeavesThemIn()
    {
        var file = await RecordSecretsAsync(keepSecrets: true);

        file.Should().Contain(Secret);
    }

    /// <summary>As text in two frames, and as MessagePack: what the auth payload holds is in no form of the recording.</summary>
    [Fact]
    public async Task Proxy_ConnectsOfWebSockets_LeaveTheirSecretsOut()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        await using var recording = await RecordingHost.StartAsync(host.Address);
        var connect = Encoding.UTF8.GetBytes($$"""40{"latest_event_id":"3","token":"{{Secret}}"}""");
        var packed = MessagePackSerializer.ConvertFromJson(
            $$$"""{"type":0,"nsp":"/","data":{"latest_event_id":"3","token":"{{{Secret}}}"}}""");

        using (var text = await RawEngineClient.OpenAsync(recording.Address.Port, "/socket.io/", "&conversation_id=c1"))
        {
            await text.SendFrameAsync(RawEngineClient.Text, connect.AsMemory(0, connect.Length / 2), final: false);
            await text.SendFrameAsync(0, connect.AsMemory(connect.Length / 2));
            await text.ReadThroughAsync("40{");
        }

        using (var binary = await RawEngineClient.OpenAsync(recording.Address.Port, "/socket.io/", "&conversation_id=c1"))
        {
            await binary.SendFrameAsync(RawEngineClient.Binary, packed);
            (await binary.ReadFrameAsync()).Opcode.Should().Be(RawEngineClient.Binary);
        }

        await recording.StopAsync();

        var sent = Entries(recording).SelectMany(static entry => entry.Messages ?? []).Where(static message => message.FromClient)
            .Select(static message => message.IsBinary
                ? MessagePackSerializer.ConvertToJson(Convert.FromBase64String(message.Data))
                : message.Data)
            .ToList();
        sent.Should().HaveCount(2).And.OnlyContain(static packet => packet.Contains("\"latest_event_id\":\"3\",\"token\":\"redacted-"));
        File.ReadAllText(recording.File).Should().NotContain(Secret);
    }

    [Fact]
    public async Task Record_AKeyInAPolledConnect_IsPlayedWithTheTargetsKey()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Secret}");
        await using var recording = await RecordingHost.StartAsync(host.Address);
        using var http = new HttpClient { BaseAddress = recording.Address, Timeout = TestLimits.Step };
        var query = $"/socket.io/?EIO=4&transport=polling&conversation_id=c1&session_api_key={Secret}";
        var opened = JObject.Parse((await http.GetStringAsync(query))[1..]);
        query += $"&sid={opened["sid"]}";
        using var connect = new StringContent($$"""40{"session_api_key":"{{Secret}}"}""");
        (await http.PostAsync(query, connect)).EnsureSuccessStatusCode();
        (await http.GetStringAsync(query)).Should().Contain("40{");
        await recording.StopAsync();
        File.WriteAllText(Path.Combine(recording.Folder, "fixture.json"), """{"key":"redacted-1"}""");
        var posted = new List<string>();
        await using var target = await StartUpstreamAsync(posted);
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(1), Jobs: 1) { Key = "another-key" };

        await new Verifier(new UrlTarget(new Uri(target.Urls.Single())), options, TimeProvider.System)
            .RunAsync(FixtureLoader.LoadAll([recording.Folder]), static _ => { }, CancellationToken.None).WaitAsync(TestLimits.Slow);

        posted.Should().Contain("""40{"session_api_key":"another-key"}""");
    }

    [Fact]
    public async Task Record_ASessionWithATokenInItsAuth_VerifiesWithATokenInAHeader()
    {
        using var store = TempStore.Empty();
        var issuer = TokenIssuer.OfAFile();
        File.WriteAllText(store.PathOf("keys.json"), issuer.KeySet);
        var token = issuer.Sign(DateTimeOffset.UtcNow, "ann");
        await using var host = await GatewayHost.StartAsync(
            store, "Access:Mode=Jwt", $"Access:Jwt:KeySet={store.PathOf("keys.json")}", $"Access:Jwt:Issuer={issuer.Name}",
            $"Access:Jwt:Audience={TokenIssuer.Audience}");
        await using var recording = await RecordingHost.StartAsync(host.Address);
        await using (var client = new CSharpClient(TransportProtocol.WebSocket))
        {
            await client.ConnectAsync(new Visit(recording.Address, "c1") { Token = token });
            await client.ReadAsync("connect");
            await client.LeaveAsync();
        }

        await recording.StopAsync();
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(10), Jobs: 1);
        var withToken = options with { Headers = [new HarHeader("Authorization", $"Bearer {token}")] };

        (await VerifyAsync(withToken)).ShouldBeEqual();
        (await VerifyAsync(options)).Differences.Should().NotBeEmpty("the name of a token is none");
        File.ReadAllText(recording.File).Should().NotContain(token);

        async Task<FixtureResult> VerifyAsync(VerifyOptions options) =>
            (await new Verifier(new UrlTarget(host.Address), options, TimeProvider.System)
                .RunAsync(FixtureLoader.LoadAll([recording.Folder]), static _ => { }, CancellationToken.None).WaitAsync(TestLimits.Slow))
            .Single();
    }

    [Fact]
    public async Task Proxy_UpstreamGone_AnswersAndRecordsNoAnswer()
    {
        await using var recording = await RecordingHost.StartAsync(new Uri("http://127.0.0.1:1"));
        using var http = new HttpClient { BaseAddress = recording.Address };

        using var response = await http
            .GetAsync(new Uri("/socket.io/?EIO=4&transport=polling", UriKind.Relative))
            .WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        ((int)response.StatusCode).Should().Be(502);
        Entries(recording).Should().ContainSingle().Which.Status.Should().Be(0);
    }

    [Fact]
    public async Task Record_Killed_LeavesAFileThatLoads()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        using var folder = TempStore.Empty();
        var conversation = store.Conversations().Single();
        await using var host = await GatewayHost.StartAsync(store);
        await using var recorder = await GatewayProcess.StartListeningAsync([],
            "record", "--listen", "http://127.0.0.1:0", "--upstream", host.Address.AbsoluteUri, "--out", folder.PathOf("out"));
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(recorder.Address, conversation));
        await client.ReadAsync("connect");
        var har = folder.PathOf("out", "session.har");
        using var changes = new FileSystemWatcher(folder.PathOf("out")) { EnableRaisingEvents = true };
        var isWritten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changes.Renamed += (_, _) => TrySignal();
        TrySignal();
        await isWritten.Task.WaitAsync(TestLimits.Step);

        await recorder.KillAsync();

        var session = SocketRecordingReader.Read(Read(har)).Sessions.Should().ContainSingle().Which;
        session.Frames.Should().Contain(static frame => frame.Text.StartsWith("40{", StringComparison.Ordinal));
        (await Verification.InProcessAsync(har)).Problem.Should().BeNull();

        void TrySignal()
        {
            if (File.ReadAllText(har).Contains("\"40{", StringComparison.Ordinal))
            {
                isWritten.TrySetResult();
            }
        }
    }

    private static async Task<string> RecordSecretsAsync(bool keepSecrets)
    {
        await using var upstream = await StartUpstreamAsync();
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), keepSecrets: keepSecrets);
        using var http = new HttpClient { BaseAddress = recording.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"/socket.io/?EIO=4&transport=polling&session_api_key={Secret}&sid={Secret}2");
        request.Headers.Add("Authorization", $"Bearer {Secret}3");
        request.Headers.Add("X-Session-API-Key", $"{Secret}4");
        request.Headers.Add("Cookie", $"a={Secret}5; b={Secret}6");
        request.Content = new StringContent(
            $"40{{\"session_api_key\":\"{Secret}\",\"token\":\"{Secret}9\"}}\u001e42[\"x\",\"?session_api_key={Secret}7\"]"
            + $"\u001e40/admin,{{\"username\":\"{Secret}10\",\"password\":\"{Secret}11\"}}",
            Encoding.UTF8, "text/plain");

        using var response = await http.SendAsync(request).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        (await response.Content.ReadAsStringAsync()).Should().Contain(Secret, "the proxy passes all of it on");
        recording.Counts.Frames.Should().Be(3);
        return File.ReadAllText(recording.File);
    }

    // Says what it was asked, with secrets of its own.
    private static async Task<WebApplication> StartUpstreamAsync(List<string>? posted = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(async context =>
        {
            if (context.Request.Method == "POST")
            {
                using var body = new StreamReader(context.Request.Body);
                posted?.Add(await body.ReadToEndAsync());
                context.Response.Headers.SetCookie = $"session={Secret}8";
                await context.Response.WriteAsync($"0{{\"sid\":\"{Secret}2\"}}");
                return;
            }

            await context.Response.WriteAsync(posted is null
                ? $"{context.Request.Method} {context.Request.Path}"
                : context.Request.Query.ContainsKey("sid") ? "40{\"sid\":\"b\"}" : "0{\"sid\":\"a\"}");
        });
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return app;
    }

    private static IReadOnlyList<HarEntry> Entries(RecordingHost recording) => Read(recording.File).Entries;

    private static HarFile Read(string path)
    {
        using var text = File.OpenText(path);
        return HarReader.Read(text, out var problem) ?? throw new InvalidDataException(problem);
    }
}
