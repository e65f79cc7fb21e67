using System.Net.WebSockets;

using Gateway.Operations.Operators;
using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>
/// What operators see of a gateway with a V1 server behind it: the connection, what has no translation, V1's own clients.
/// </summary>
public sealed class OperatorOfV1Tests
{
    [Fact]
    public async Task Tables_OfAGatewayWithV1_ShowTheConnectionAndWhatHasNoTranslation()
    {
        await using var stage = await V1Stage.StartAsync(
            "v1/hello", isNew: true, "NeverConfirm", "V1:Proxy=true", $"Operations:Key={OperatorStage.Key}", "HttpApi:RateLimit=false");
        using var http = new HttpClient { BaseAddress = stage.Host.Address, Timeout = TestLimits.Step };
        http.DefaultRequestHeaders.Add("X-Operator-Key", OperatorStage.Key);
        await using var client = await stage.ConnectAsync();
        await client.UntilStateAsync("awaiting_user_input");
        await client.EmitAsync(Actions.Message("Hello"));

        var row = await RowUntilAsync(http, static row => (string?)row["socket"] == "session");
        ((string?)row["serverVersion"]).Should().Be("1.57.0");
        ((int?)row["reconnects"]).Should().Be(0);
        stage.Server.Show();
        await RowUntilAsync(http, static row => (int?)row["lastNumber"] >= 5);
        stage.Server.CutAll();
        row = await RowUntilAsync(http, static row => (int?)row["reconnects"] > 0 || (string?)row["reason"] is { Length: > 0 });
        ((string?)row["id"]).Should().Be(V1Stage.Id);

        var untranslated = await ReadAsync(http, "untranslated");
        untranslated["rows"]!.Should().NotBeEmpty().And.OnlyContain(static one => (int)one["count"]! > 0);
        using (var socket = new ClientWebSocket())
        {
            var path = $"/sockets/session/{stage.Server.ConversationId:D}?after_seq=-1";
            await socket.ConnectAsync(new Uri($"ws://{stage.Host.Address.Authority}{path}"), CancellationToken.None)
                .WaitAsync(TestLimits.Step);
        }

        stage.Host.Services.GetRequiredService<OperatorHistory>().Take();
        var day = (await ReadAsync(http, "days"))["rows"]!.Single();
        ((int)day["v0"]!, (int)day["v1"]!, (double)day["share"]!).Should().Be((1, 1, 50));
        stage.Host.Expect("V1:Proxy");
    }

    private static Task<JToken> RowUntilAsync(HttpClient http, Func<JToken, bool> isIt) =>
        Eventually.GetAsync(async () => (await ReadAsync(http, "conversations"))["rows"]!.Single(), isIt, "the row says so");

    private static async Task<JObject> ReadAsync(HttpClient http, string table) =>
        JObject.Parse(await http.GetStringAsync(new Uri($"/operator/api/{table}", UriKind.Relative)));
}
