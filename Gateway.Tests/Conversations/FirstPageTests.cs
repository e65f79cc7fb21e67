using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Conversations;

/// <summary>A conversation that REST has opened has its first page in memory when its client's socket comes.</summary>
public sealed class FirstPageTests
{
    [Fact]
    public async Task Start_ThenAClientWithNothing_IsSentThePageWithoutTheStore()
    {
        await using var rig = new ConversationRig();
        await StartAsync(rig);
        var reads = 0;
        rig.Store.BeforeRead = (fromId, _) =>
        {
            reads += fromId == 0 ? 1 : 0;
            return Task.CompletedTask;
        };

        var first = await ReadAllAsync(rig);
        reads.Should().Be(0);
        var second = await ReadAllAsync(rig);

        reads.Should().Be(1, "the page was the first one's");
        first.Should().Equal("0", "1", "2", "CONNECT");
        second.Should().Equal(first);
    }

    /// <summary>
    /// Its state comes after the CONNECT answer, where it waits for "init": the page in memory reaches further than its replay.
    /// </summary>
    [Fact]
    public async Task Start_ThenAnOldPage_IsSentItsStateOnce()
    {
        await using var rig = new ConversationRig();
        await rig.StoreAsync(
            [(Drafts.Message("m"), EventSource.Agent), (Drafts.State("awaiting_user_input"), EventSource.Environment)]);
        var session = await WarmAsync(rig);
        var page = rig.Open("?conversation_id=c1&latest_event_id=-1&transport=websocket", headers: ("user-agent", "Mozilla/5.0"));

        await page.SendAsync("0");

        (await page.ReadThroughAsync("1")).Should().Equal("0", "CONNECT", "state: init", "1");
        session.IsWarm.Should().BeFalse("it was given the page");
    }

    [Fact]
    public async Task Start_NobodyComesInTime_ThePageIsLetGo()
    {
        await using var rig = new ConversationRig();
        var session = await StartAsync(rig);

        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        session.IsWarm.Should().BeFalse();
        (await ReadAllAsync(rig)).Should().Equal("0", "1", "2", "CONNECT");
        await rig.Service.StartAsync(session.Key, CancellationToken.None);
        await Eventually.IsTrueAsync(() => session.IsWarm, "it is asked for anew");
    }

    [Fact]
    public async Task Start_ClientHasSomethingAlready_LeavesThePage()
    {
        await using var rig = new ConversationRig();
        var session = await StartAsync(rig);

        var client = await rig.ConnectAsync(latest: 1);

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("2", "CONNECT");
        session.IsWarm.Should().BeTrue();
    }

    [Fact]
    public async Task Start_SwitchedOff_ReadsNothing()
    {
        await using var rig = new ConversationRig(static options => options.FirstPageTime = TimeSpan.Zero);
        await rig.StoreMessagesAsync(3);
        rig.Store.BeforeRead = static (_, _) => throw new InvalidOperationException("Nobody has asked.");

        (await OpenAsync(rig)).IsWarm.Should().BeFalse();
    }

    private static async Task<ConversationSession> StartAsync(ConversationRig rig)
    {
        await rig.StoreMessagesAsync(3);
        return await WarmAsync(rig);
    }

    private static async Task<ConversationSession> WarmAsync(ConversationRig rig)
    {
        var session = await OpenAsync(rig);
        await Eventually.IsTrueAsync(() => session.IsWarm, "it is being read");
        return session;
    }

    /// <summary>Opens the conversation as REST does it.</summary>
    private static async Task<ConversationSession> OpenAsync(ConversationRig rig)
    {
        var key = ConversationRig.Key("c1");
        var opened = await rig.Service.OpenAsync(key, createUnknown: true, NullLogger.Instance, CancellationToken.None);
        opened.Session!.Release();
        (await rig.Service.StartAsync(key, CancellationToken.None)).Should().BeNull();
        return opened.Session;
    }

    private static async Task<List<string>> ReadAllAsync(ConversationRig rig)
    {
        var client = await rig.ConnectAsync();
        return await client.ReadThroughAsync("CONNECT");
    }
}
