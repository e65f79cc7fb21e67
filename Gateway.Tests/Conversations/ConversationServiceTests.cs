using Gateway.Conversations;
using Gateway.Conversations.Connect;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations;

/// <summary>The one door to conversations, used without a socket, and what the clients that are there see of it.</summary>
public sealed class ConversationServiceTests
{
    private static readonly ConversationKey s_key = ConversationRig.Key("c1");

    [Fact]
    public async Task Create_WithAFirstMessage_IsListedOpenAndHasTheMessage()
    {
        await using var rig = new ConversationRig();

        var created = await rig.Service.CreateAsync(
            new NewConversation(
                new ConversationKey(ConversationId.NewRandom()),
                rig.Agent,
                new JObject { ["selected_branch"] = "main", ["trigger"] = "suggested_task" },
                Message("Fix it")),
            CancellationToken.None);

        created.Refusal.Should().BeNull();
        var found = await rig.Service.FindAsync(created.Key, CancellationToken.None);
        found!.Status.Should().Be(new SessionStatus(SessionState.Open, LastActive: rig.Clock.GetUtcNow()));
        found.Metadata!["selected_branch"]!.ToString().Should().Be("main");
        found.Metadata["trigger"]!.ToString().Should().Be("suggested_task");
        var page = await rig.Service.ListAsync(null, 0, 10, CancellationToken.None);
        page.Total.Should().Be(1);
        page.Conversations.Should().ContainSingle().Which.Key.Should().Be(created.Key);
        rig.Stored(0, created.Key.Id.Value)["args"]!["content"]!.ToString().Should().Be("Fix it");
        rig.Stored(0, created.Key.Id.Value)["source"]!.ToString().Should().Be("user");
    }

    [Fact]
    public async Task Find_UnknownAndDamaged_SaysWhich()
    {
        await using var rig = new ConversationRig();
        Directory.CreateDirectory(Path.GetDirectoryName(rig.PathOf("metadata.json"))!);
        await File.WriteAllTextAsync(rig.PathOf("metadata.json"), "{\"title\":");

        (await rig.Service.FindAsync(ConversationRig.Key("unknown"), CancellationToken.None)).Should().BeNull();
        (await rig.Service.FindAsync(s_key, CancellationToken.None))!.Damage.Should().NotBeNull();
    }

    [Fact]
    public async Task Start_KnownConversation_IsOpenWithoutASocketUntilItIsIdle()
    {
        await using var rig = new ConversationRig();
        await MakeAsync(rig);

        (await rig.Service.StartAsync(s_key, CancellationToken.None)).Should().BeNull();
        await rig.Agent.Started;

        (await rig.Service.FindAsync(s_key, CancellationToken.None))!.Status.State.Should().Be(SessionState.Open);
        await rig.CloseAsIdleAsync();
    }

    [Fact]
    public async Task Submit_ClientIsThere_SeesTheActionAsItsOwn()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();

        (await rig.Service.SubmitAsync(s_key, Message("from the server"), CancellationToken.None)).Should().BeNull();

        var json = Packets.Event(await client.ReadRawAsync());
        json["source"]!.ToString().Should().Be("user");
        json["args"]!["content"]!.ToString().Should().Be("from the server");
    }

    [Theory]
    [InlineData("c1", """{"action":"no such action"}""", "Unknown action")]
    [InlineData("unknown", """{"action":"message","args":{"content":"x"}}""", ConnectRefusals.JoinFailed)]
    public async Task Submit_BadActionOrUnknownConversation_IsRefusedAndLeavesNothing(string id, string action, string refusal)
    {
        await using var rig = new ConversationRig();
        await MakeAsync(rig);

        var answer = await rig.Service.SubmitAsync(ConversationRig.Key(id), JObject.Parse(action), CancellationToken.None);

        answer.Should().StartWith(refusal);
        rig.IsStored(0, id).Should().BeFalse();
        Directory.Exists(Path.GetDirectoryName(rig.PathOf("metadata.json", "unknown"))).Should().BeFalse();
    }

    [Fact]
    public async Task Send_OpenAndClosed_ReachesTheRoomOrSaysSo()
    {
        await using var rig = new ConversationRig();
        await MakeAsync(rig);

        (await rig.Service.SendAsync(s_key, Drafts.Status("STATUS$READY"), CancellationToken.None)).Should().BeFalse();
        var client = await rig.JoinAsync();
        (await rig.Service.SendAsync(s_key, Drafts.Status("STATUS$READY"), CancellationToken.None)).Should().BeTrue();

        (await client.ReadAsync()).Should().Be("STATUS$READY");
    }

    [Fact]
    public async Task Rename_OpenConversation_IsWrittenAndTheRoomIsTold()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();

        (await rig.Service.RenameAsync(s_key, "  By hand ", CancellationToken.None)).Should().BeTrue();

        Packets.Event(await client.ReadRawAsync()).ToString(Newtonsoft.Json.Formatting.None)
            .Should().Be("""{"status_update":true,"type":"info","message":"c1","conversation_title":"By hand"}""");
        rig.Metadata()["title"]!.ToString().Should().Be("By hand");
        (await rig.Service.RenameAsync(ConversationRig.Key("unknown"), "x", CancellationToken.None)).Should().BeFalse();
    }

    [Theory]
    [InlineData((int)SessionCloseReason.Stopped, "DISCONNECT")]
    [InlineData((int)SessionCloseReason.Deleted, "DISCONNECT")]
    [InlineData((int)SessionCloseReason.TooManyConversations, "AGENT_ERROR$TOO_MANY_CONVERSATIONS|state: stopped|DISCONNECT")]
    public async Task Close_ClientsAreThere_HearTheReasonAndAreDisconnected(int reason, string frames)
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();

        (await rig.Service.CloseAsync(s_key, (SessionCloseReason)reason, CancellationToken.None).WaitAsync(TestLimits.Step))
            .Should()
            .BeTrue();

        (await client.ReadThroughAsync("DISCONNECT")).Should().Equal(frames.Split('|'));
        (await rig.Service.FindAsync(s_key, CancellationToken.None))!.Status.State.Should().Be(SessionState.Closed);
        (await rig.Service.CloseAsync(s_key, (SessionCloseReason)reason, CancellationToken.None).WaitAsync(TestLimits.Step))
            .Should()
            .BeFalse();
    }

    [Fact]
    public async Task Delete_UnderAnOpenSession_ClosesItAndLeavesNothing()
    {
        await using var rig = new ConversationRig();
        var client = await rig.JoinAsync();
        await client.ActAsync("""{"action":"message","args":{"content":"hi"}}""");
        (await client.ReadAsync()).Should().Be("0");

        (await rig.Service.DeleteAsync(s_key, CancellationToken.None).WaitAsync(TestLimits.Step)).Should().BeTrue();

        // As V0's recording delete-while-connected shows it.
        (await client.ReadAsync()).Should().Be("DISCONNECT");
        Directory.Exists(Path.GetDirectoryName(rig.PathOf("metadata.json"))).Should().BeFalse();
        (await rig.Service.FindAsync(s_key, CancellationToken.None)).Should().BeNull();
        (await rig.Service.DeleteAsync(s_key, CancellationToken.None).WaitAsync(TestLimits.Step)).Should().BeFalse();
        rig.Agent.DisposeCount.Should().Be(1);
    }

    [Fact]
    public async Task Delete_WhileSomebodyOpensIt_RefusesThatOneAndTheNextFindsItEmpty()
    {
        await using var rig = new ConversationRig();
        await rig.JoinAsync();
        var deleting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayDelete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Store.BeforeDelete = () =>
        {
            deleting.SetResult();
            return mayDelete.Task;
        };

        var deletion = rig.Service.DeleteAsync(s_key, CancellationToken.None);
        await deleting.Task.WaitAsync(TestLimits.Step);
        var opening = rig.Service.OpenAsync(s_key, createUnknown: true, NullLogger.Instance, CancellationToken.None).AsTask();
        opening.IsCompleted.Should().BeFalse();
        mayDelete.SetResult();
        (await deletion.WaitAsync(TestLimits.Step)).Should().BeTrue();

        (await opening.WaitAsync(TestLimits.Step)).Refusal.Should().Be(ConnectRefusals.JoinFailed);
        (await (await rig.ConnectAsync()).ReadAsync()).Should().Be("CONNECT");
    }

    [Fact]
    public async Task Open_DeletedElsewhereWhileItOpens_IsMadeAnew()
    {
        await using var rig = new ConversationRig();
        rig.Agent.OnOpen = async (_, cancellationToken) =>
        {
            if (rig.Agent.Conversations.Count == 1)
            {
                // What another gateway does, and what this one does when it hears of it.
                Directory.Delete(Path.GetDirectoryName(rig.PathOf("metadata.json"))!, recursive: true);
                var session = rig.Registry.ListRunning().Single();
                session.Post(new SessionCommand.Close(SessionCloseReason.Deleted));
                await session.Completion.WaitAsync(cancellationToken);
            }

            return BackendOpening.Ready;
        };

        var opened = await rig.Service.OpenAsync(s_key, createUnknown: true, NullLogger.Instance, CancellationToken.None);

        opened.Session!.Release();
        rig.Agent.Conversations.Should().HaveCount(2);
        rig.Metadata()["conversation_id"]!.ToString().Should().Be("c1");
    }

    private static async Task MakeAsync(ConversationRig rig)
    {
        var opened = await rig.Service.OpenAsync(s_key, createUnknown: true, NullLogger.Instance, CancellationToken.None);
        opened.Session!.Release();
        await rig.Service.CloseAsync(s_key, SessionCloseReason.Stopped, CancellationToken.None).WaitAsync(TestLimits.Step);
    }

    private static JObject Message(string content) =>
        new() { ["action"] = "message", ["args"] = new JObject { ["content"] = content } };
}
