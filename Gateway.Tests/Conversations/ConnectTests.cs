using Gateway.Conversations.Connect;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.EngineIO;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations;

/// <summary>What a CONNECT is answered, and that it is answered.</summary>
public sealed class ConnectTests
{
    [Theory]
    [InlineData("", ConnectRefusals.NoConversationId)]
    [InlineData("?conversation_id=", ConnectRefusals.NoConversationId)]
    [InlineData("?session_api_key=wrong", ConnectRefusals.NoConversationId)]
    [InlineData("?conversation_id=../../etc", ConnectRefusals.InvalidConversationId)]
    [InlineData("?conversation_id=a%2Fb&session_api_key=wrong", ConnectRefusals.InvalidConversationId)]
    [InlineData("?conversation_id=c1", "invalid_session_api_key")]
    [InlineData("?conversation_id=c1&session_api_key=", "invalid_session_api_key")]
    [InlineData("?conversation_id=c1&session_api_key=null", "invalid_session_api_key")]
    [InlineData("?conversation_id=unknown&session_api_key=wrong", "invalid_session_api_key")]
    public async Task Connect_NotAllowed_IsRefusedInV0sOrder(string query, string text)
    {
        await using var rig = new ConversationRig(static options =>
        {
            options.CreateUnknown = false;
        }, sessionApiKey: "right");
        var client = rig.Open(query);

        await client.SendAsync("0");

        (await client.ReadAsync()).Should().Be($"REFUSED {text}");
        Directory.EnumerateFileSystemEntries(rig.Root).Should().BeEmpty();
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        (await client.Ended).Should().Be(CloseReason.Refused);
    }

    [Theory]
    [InlineData("&session_api_key=right", "", "0")]
    [InlineData("", "right", "0")]
    [InlineData("&session_api_key=null", "right", "0")]
    [InlineData("&session_api_key=null", "", "0{\"session_api_key\":\"right\"}")]
    public async Task Connect_KeyInAnyPlace_IsLetIn(string query, string header, string packet)
    {
        await using var rig = new ConversationRig(sessionApiKey: "right");
        var client = rig.Open($"?conversation_id=c1{query}", headers: ("x-session-api-key", header));

        await client.SendAsync(packet);

        (await client.ReadAsync()).Should().Be("CONNECT");
    }

    [Fact]
    public async Task Connect_UnknownProvidersAndAuth_AreOfNoConsequence()
    {
        await using var rig = new ConversationRig();
        var client = rig.Open("?conversation_id=c1&latest_event_id=undefined&providers_set=sourcehut&session_api_key=null");

        await client.SendAsync("0{\"anything\":[1,2]}");

        (await client.ReadAsync()).Should().Be("CONNECT");
        rig.Log.Lines.Should().Contain(static line => line.Contains("providers_set"));
        rig.Log.Lines.Should().NotContain(static line => line.Contains("sourcehut"));
    }

    [Fact]
    public async Task Connect_UnknownConversation_GetsV0sMetadata()
    {
        await using var rig = new ConversationRig();

        await rig.JoinAsync("5f0c1234");

        var metadata = JObject.Parse(await File.ReadAllTextAsync(rig.PathOf("metadata.json", "5f0c1234")));
        metadata["conversation_id"]?.ToString().Should().Be("5f0c1234");
        metadata["title"]?.ToString().Should().Be("Conversation 5f0c1");
        metadata["trigger"]?.ToString().Should().Be("gui");
    }

    [Fact]
    public async Task Connect_UnknownConversationWhereNoneIsMade_IsRefusedAndLeavesNothing()
    {
        await using var rig = new ConversationRig(static options => options.CreateUnknown = false);

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.JoinFailed}");
        Directory.EnumerateFileSystemEntries(rig.Root).Should().BeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"title\":")]
    [InlineData("[]")]
    public async Task Connect_DamagedMetadata_HarmsNobodyAndStaysAsItIs(string metadata)
    {
        await using var rig = new ConversationRig(static options => options.CreateUnknown = false);
        rig.Log.Expect("its metadata cannot be read");
        await rig.StoreMessagesAsync(2);
        await rig.StoreMessagesAsync(1, "c2");
        await File.WriteAllTextAsync(rig.PathOf("metadata.json"), metadata);
        await File.WriteAllTextAsync(rig.PathOf("metadata.json", "c2"), "{}");

        var client = await rig.ConnectAsync();
        var other = await rig.ConnectAsync("c2");

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "CONNECT");
        (await other.ReadThroughAsync("CONNECT")).Should().Equal("0", "CONNECT");
        (await File.ReadAllTextAsync(rig.PathOf("metadata.json"))).Should().Be(metadata);
    }

    [Theory]
    [InlineData("metadata")]
    [InlineData("open")]
    [InlineData("read")]
    public async Task Connect_StoreFails_IsRefusedAndTheNextOneIsLetIn(string where)
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        await rig.StoreMessagesAsync(3);
        Break(rig, where, static _ => throw new IOException("/secret/place"));

        var refused = await rig.ConnectAsync();

        (await refused.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.EventsNotAccessible}the store could not be read");
        Break(rig, where, static _ => Task.CompletedTask);
        var client = await rig.ConnectAsync();
        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "2", "CONNECT");
    }

    [Fact]
    public async Task Connect_AccessDenied_SaysSo()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        rig.Store.BeforeOpen = static _ => throw new UnauthorizedAccessException();

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.EventsNotAccessible}access to the store was denied");
    }

    [Theory]
    [InlineData("metadata", true)]
    [InlineData("metadata", false)]
    [InlineData("open", true)]
    [InlineData("open", false)]
    [InlineData("read", true)]
    [InlineData("read", false)]
    public async Task Connect_StoreHangs_IsRefusedWithinTenSecondsAndTheNextOneIsLetIn(string where, bool heedsToken)
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        await rig.StoreMessagesAsync(3);
        var hangs = Signal();
        var over = Signal();
        Break(rig, where, token =>
        {
            hangs.TrySetResult();
            return heedsToken ? over.Task.WaitAsync(token) : over.Task;
        });
        var refused = await rig.ConnectAsync();
        await hangs.Task.WaitAsync(TestLimits.Step);

        // An opening that hangs ends before those who wait for it give up.
        rig.Clock.Advance(where == "open" ? TimeSpan.FromSeconds(8.5) : TimeSpan.FromSeconds(10));

        (await refused.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.EventsNotAccessible}the store did not answer in time");
        over.TrySetResult();
        Break(rig, where, static _ => Task.CompletedTask);
        var client = await rig.ConnectAsync();
        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "2", "CONNECT");
    }

    [Theory]
    [InlineData("metadata")]
    [InlineData("open")]
    [InlineData("read")]
    public async Task Connect_DiskKeepsTheThread_IsRefusedWithinTenSecondsAndTheNextOneIsLetIn(string where)
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        await rig.StoreMessagesAsync(3);
        var hangs = Signal();
        using var over = new ManualResetEventSlim();
        Break(rig, where, _ =>
        {
            hangs.TrySetResult();
            over.Wait(TestLimits.Step, CancellationToken.None);
            return Task.CompletedTask;
        });
        var refused = await rig.ConnectAsync();
        await hangs.Task.WaitAsync(TestLimits.Step);

        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        (await refused.ReadAsync()).Should().Be($"REFUSED {ConnectRefusals.EventsNotAccessible}the store did not answer in time");
        Break(rig, where, static _ => Task.CompletedTask);
        var client = await rig.ConnectAsync();
        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "2", "CONNECT");
        over.Set();
    }

    [Fact]
    public async Task Connect_StoreHangsInTheMiddleOfAReplay_IsRefused()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("The conversation's events cannot be read");
        await rig.StoreMessagesAsync(EventPageReader.MaxEvents + 60);
        var hangs = Signal();
        rig.Store.BeforeRead = (fromId, token) =>
        {
            if (fromId == 0)
            {
                return Task.CompletedTask;
            }

            hangs.TrySetResult();
            return Task.Delay(Timeout.Infinite, token);
        };
        var client = await rig.ConnectAsync();
        await hangs.Task.WaitAsync(TestLimits.Step);

        rig.Clock.Advance(TimeSpan.FromSeconds(10));

        var last = $"REFUSED {ConnectRefusals.EventsNotAccessible}the store did not answer in time";
        (await client.ReadThroughAsync(last)).Should().HaveCountLessThan(EventPageReader.MaxEvents + 1);
    }

    [Fact]
    public async Task Connect_ClientTakesLongerThanTheStoreMay_IsLetInAllTheSame()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(60);
        var client = await rig.ConnectAsync(reads: false);
        await client.IsWaitedFor;

        rig.Clock.Advance(TimeSpan.FromSeconds(20));
        client.StartReading();

        (await client.ReadThroughAsync("CONNECT")).Should().HaveCount(61);
    }

    [Fact]
    public async Task Connect_AnotherProcessHasJustStoredAnEvent_ReplayHasIt()
    {
        await using var rig = new ConversationRig();
        await rig.StoreMessagesAsync(3);
        await rig.JoinAsync();
        var another = rig.Stored(2);
        another["id"] = 3;
        await File.WriteAllTextAsync(rig.PathOf("events/3.json"), another.ToString());

        // No time passes: nobody has told the open session of it.
        var client = await rig.ConnectAsync();

        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "2", "3", "CONNECT");
    }

    private static void Break(ConversationRig rig, string where, Func<CancellationToken, Task> hook)
    {
        switch (where)
        {
            case "metadata":
                rig.Store.BeforeMetadata = hook;
                break;
            case "open":
                rig.Store.BeforeOpen = hook;
                break;
            default:
                rig.Store.BeforeRead = (_, token) => hook(token);
                break;
        }
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
