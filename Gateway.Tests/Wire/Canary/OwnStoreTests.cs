using Gateway.Agents.Canary;
using Gateway.Conversations;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tests.Wire.V1;

namespace Gateway.Tests.Wire.Canary;

/// <summary>Some conversations are V1's and the others the echo agent's, all in the gateway's own store.</summary>
public sealed class OwnStoreTests
{
    private const int Share = 4_000;

    [Fact]
    public async Task Create_WithAShare_IsDecidedByTheIdAndKeptForLife()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: false);
        var where = new Dictionary<string, string>();
        await using (var before = await stage.StartGatewayAsync("echo", "Migration:Route:Percent=40"))
        {
            using var http = CanaryStage.Open(before.Address);
            for (var n = 0; n < 20; n++)
            {
                var id = await CanaryStage.CreateAsync(http);
                where[id] = await CanaryStage.WhereAsync(http, id);
            }
        }

        await using var after = await stage.StartGatewayAsync("echo", "Migration:Route:Percent=100", "Migration:Route:TakeBack=true");
        using var client = CanaryStage.Open(after.Address);
        foreach (var (id, place) in where)
        {
            place.Should().Be(SlotOf(id) < Share ? "V1" : "V0");
            stage.V1.Rest.Knows(Guid.Parse(id)).Should().Be(place == "V1");
            (await CanaryStage.WhereAsync(client, id)).Should().Be(place, "nothing moves");
        }

        var since = await CanaryStage.CreateAsync(client);
        (await CanaryStage.WhereAsync(client, since)).Should().Be("V0", "new ones are taken back");
        var listed = (await CanaryStage.ListAsync(client, limit: 7)).Where(one => one.Text("conversation_id") != V1Stage.Id).ToList();
        listed.ToDictionary(static one => one.Text("conversation_id"), static one => one.Text("lives_at"))
            .Should().Equal(new Dictionary<string, string>(where) { [since] = "V0" }.AsEnumerable(), "the order is another's affair");
        listed.Should().OnlyContain(static one => one.Text("conversation_version") == "V0", "V0's clients speak V0 with either");
    }

    [Fact]
    public async Task Connect_ToEither_IsAnsweredByItsOwnAgent()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: false);
        await using var gateway = await stage.StartGatewayAsync("echo", CanaryStage.Marked);
        using var http = CanaryStage.Open(gateway.Address);
        var old = await CanaryStage.CreateAsync(http);
        var marked = await CanaryStage.CreateAsync(http, isMarked: true);

        (await CanaryStage.WhereAsync(http, old)).Should().Be("V0");
        (await CanaryStage.WhereAsync(http, marked)).Should().Be("V1");
        (await SayAsync(gateway, old)).Should().Be(CanaryTalk.Echo);
        var answered = await SayAsync(gateway, V1Stage.Id);
        answered.Should().NotBe(CanaryTalk.Echo, "the V1 server has this one, and plays its recording");
        (await CanaryStage.WhereAsync(http, V1Stage.Id)).Should().Be("V1");
        (await SayAsync(gateway, "made-by-a-client")).Should().Be(CanaryTalk.Echo, "what nobody knows is the old agent's");
    }

    private static async Task<string> SayAsync(GatewayHost gateway, string id)
    {
        await using var client = new HandWrittenClient([]);
        return await CanaryTalk.SayAsync(client, new Visit(gateway.Address, id, Key: CanaryStage.ClientKey));
    }

    private static int SlotOf(string id) =>
        ConversationId.TryParse(id, out var parsed) ? CanaryRule.SlotOf(parsed) : throw new ArgumentException(id);
}
