using Gateway.Conversations.Storage;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>What becomes of a session whose agent does not start.</summary>
public sealed class BackendStartTests
{
    [Fact]
    public async Task Start_BackendThrows_TheRoomIsToldAndTheClientIsLetIn()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("the agent did not start");
        rig.Agent.OnStart = static (_, _) => throw new InvalidOperationException("agent");

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be("CONNECT");
        (await client.ReadAsync()).Should().StartWith("error: ");
        await client.ActAsync("""{"action":"message","args":{"content":"x"}}""");
        (await client.ReadAsync()).Should().Be("0");
    }

    /// <summary>The gateway that has the agent now starts it: nothing is wrong with the room, and nothing is said.</summary>
    [Fact]
    public async Task Start_AgentIsAnotherGatewaysByThen_NobodyIsTold()
    {
        await using var rig = new ConversationRig();
        rig.Agent.OnStart = static (_, _) => throw new StorageException(StorageFailure.TakenOver, "another gateway has it");

        var client = await rig.ConnectAsync();

        (await client.ReadAsync()).Should().Be("CONNECT");
        await client.ActAsync("""{"action":"message","args":{"content":"x"}}""");
        (await client.ReadAsync()).Should().Be("0");
    }

    [Fact]
    public async Task Start_BackendHangs_TheClientIsLetInAndHearsOfItWithinTenSeconds()
    {
        await using var rig = new ConversationRig();
        rig.Log.Expect("the agent did not start");
        await rig.StoreMessagesAsync(2);
        var hangs = Signal();
        var never = Signal();
        rig.Agent.OnStart = async (_, _) =>
        {
            hangs.TrySetResult();
            await never.Task;
        };

        var client = await rig.ConnectAsync();

        await hangs.Task.WaitAsync(TestLimits.Step);
        (await client.ReadThroughAsync("CONNECT")).Should().Equal("0", "1", "CONNECT");
        rig.Clock.Advance(TimeSpan.FromSeconds(10));
        (await client.ReadAsync()).Should().StartWith("error: ");
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
