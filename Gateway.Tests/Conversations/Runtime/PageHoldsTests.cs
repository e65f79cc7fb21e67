using System.Net;

using Gateway.Conversations.Runtime;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>A socket that a page has forgotten does not keep its conversation open; every other client does.</summary>
public sealed class PageHoldsTests
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140";
    private const string Message = """{"action":"message","args":{"content":"x"}}""";

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Idle_OnlyAForgottenSocketIsLeft_Closes()
    {
        await using var rig = new ConversationRig();
        var forgotten = await JoinAsync(rig);
        var used = await JoinAsync(rig);
        await ActAsync(rig, used);
        await LeaveAsync(rig, used);

        await rig.CloseAsIdleAsync();
        await forgotten.Ended;
    }

    [Theory]
    [InlineData("another browser")]
    [InlineData("another address")]
    [InlineData("opened later")]
    [InlineData("no browser")]
    [InlineData("nobody has sent")]
    [InlineData("sends after all")]
    public async Task Idle_ASocketThatMayBeAPersons_StaysOpen(string why)
    {
        await using var rig = new ConversationRig();
        var watching = await JoinAsync(
            rig, why == "no browser" ? "python-requests/2" : why == "another browser" ? "Mozilla/5.0 Firefox" : Browser,
            why == "another address" ? "127.0.0.2" : "127.0.0.1");
        if (why == "opened later")
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(11));
        }

        var other = await JoinAsync(rig, why == "no browser" ? "python-requests/2" : Browser);
        if (why != "nobody has sent")
        {
            await ActAsync(rig, other);
        }

        if (why == "sends after all")
        {
            await ActAsync(rig, watching);
        }

        await LeaveAsync(rig, other);

        rig.Clock.Advance(10 * s_hour);

        await ActAsync(rig, watching);
        rig.Registry.FindOpen(ConversationRig.Key("c1"))!.ClientCount.Should().Be(1);
    }

    [Fact]
    public async Task Idle_ForgottenSocketComesBackAfterItsTwinHasSent_Closes()
    {
        await using var rig = new ConversationRig();
        var used = await JoinAsync(rig);
        await ActAsync(rig, used);
        var forgotten = await JoinAsync(rig);
        await LeaveAsync(rig, used);

        await rig.CloseAsIdleAsync();
        await forgotten.Ended;
    }

    private static async Task<FakeClient> JoinAsync(ConversationRig rig, string browser = Browser, string address = "127.0.0.1")
    {
        var before = rig.Registry.FindOpen(ConversationRig.Key("c1"))?.ClientCount ?? 0;
        var client = rig.Open(
            "?conversation_id=c1&latest_event_id=-1&providers_set=", IPAddress.Parse(address), ("user-agent", browser));
        await client.SendAsync("0");
        await client.ReadThroughAsync("CONNECT");
        await Eventually.IsTrueAsync(
            () => rig.Registry.FindOpen(ConversationRig.Key("c1"))!.ClientCount > before, "the client is in the room");
        return client;
    }

    private static async Task ActAsync(ConversationRig rig, FakeClient client)
    {
        var log = rig.Registry.FindOpen(ConversationRig.Key("c1"))!.Log;
        var head = log.Head;
        await client.ActAsync(Message);
        await Eventually.IsTrueAsync(() => log.Head > head, "the event is stored");
    }

    private static async Task LeaveAsync(ConversationRig rig, FakeClient client)
    {
        var session = rig.Registry.FindOpen(ConversationRig.Key("c1"))!;
        var count = session.ClientCount;
        client.Drop();
        await Eventually.IsTrueAsync(() => session.ClientCount < count, "the client has left the room");
    }
}
