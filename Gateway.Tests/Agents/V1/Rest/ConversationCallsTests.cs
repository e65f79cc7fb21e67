using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Rest;

/// <summary>Calls about conversations, over a real socket, to both generations of server.</summary>
public sealed class ConversationCallsTests
{
    [Fact]
    public async Task Search_ManyConversations_GivesThemByPageNewestFirst()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        var now = DateTimeOffset.UtcNow;
        v1.Server.Rest.Forget(v1.Server.ConversationId);
        var ids = Enumerable.Range(0, 5).Select(i => v1.Server.Rest.Add(Guid.NewGuid(), $"t{i}", now.AddMinutes(-i))).ToList();

        var first = await v1.Conversations.SearchAsync(v1.Endpoint, null, 3, default);
        var second = await v1.Conversations.SearchAsync(v1.Endpoint, first.Object.Text("next_page_id"), 3, default);

        first.Object.Objects("items").Concat(second.Object.Objects("items")).Select(static item => Guid.Parse(item.Text("id")))
            .Should().Equal(ids);
        second.Object.TextOrNull("next_page_id").Should().BeNull();
    }

    [Theory]
    [InlineData(true, "1.58.2")]
    [InlineData(true, "1.57.0")]
    [InlineData(false, "1.1.0")]
    public async Task RenameAndDelete_OfBothGenerations_SayWhetherTheConversationIsThere(bool isNew, string version)
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew, version);
        var id = v1.Server.ConversationId;

        (await v1.Conversations.RenameAsync(v1.Endpoint, id, "Grüße \"zwei\"", default)).IsSuccess.Should().BeTrue();
        v1.Server.Rest.TitleOf(id).Should().Be("Grüße \"zwei\"");
        (await v1.Conversations.DeleteAsync(v1.Endpoint, id, default)).IsSuccess.Should().BeTrue();
        (await v1.Conversations.DeleteAsync(v1.Endpoint, id, default)).Status.Should().Be(404);
        (await v1.Conversations.RenameAsync(v1.Endpoint, id, "x", default)).Status.Should().Be(404);
        (await v1.Conversations.FindAsync(v1.Endpoint, id, default)).Status.Should().Be(404);
    }

    [Theory]
    [InlineData(true, "/interrupt")]
    [InlineData(false, "/interrupt", "/pause")]
    public async Task Stop_OfBothGenerations_InterruptsOrPauses(bool isNew, params string[] calls)
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew);

        var result = await v1.Conversations.StopAsync(v1.Endpoint, v1.Server.ConversationId, default);

        result.IsSuccess.Should().BeTrue();
        v1.Server.Calls.Should().Equal(calls);
    }

    [Fact]
    public async Task Create_Twice_IsOneConversation()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        var id = Guid.NewGuid();
        var request = new JObject
        {
            ["conversation_id"] = id.ToString("D"),
            ["workspace"] = new JObject { ["working_dir"] = "/workspace/x" },
        };

        var first = await v1.Conversations.CreateAsync(v1.Endpoint, request, default);
        var second = await v1.Conversations.CreateAsync(v1.Endpoint, request, default);

        first.Status.Should().Be(201);
        second.Status.Should().Be(200);
        first.Object.Text("id").Should().Be(id.ToString("D"));
    }

    [Fact]
    public async Task Models_OfAServerWithoutTheRoute_Are404()
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew: false);

        (await v1.Conversations.ModelsAsync(v1.Endpoint, default)).Status.Should().Be(404);
        v1.Server.Rest.Models = V1CallsHarness.Array("a/b");
        (await v1.Conversations.ModelsAsync(v1.Endpoint, default)).Object!["models"]!.Values<string>().Should().Equal("a/b");
    }

    [Fact]
    public async Task AnyCall_ServerThatDoesNotAnswer_EndsWithinItsLimit()
    {
        await using var v1 = await V1CallsHarness.StartAsync(
            configure: static o => o.RestTimeout = o.RequestTimeout = TimeSpan.FromMilliseconds(150));
        v1.Server.HeldUntil = new TaskCompletionSource().Task;

        var found = await v1.Conversations.FindAsync(v1.Endpoint, v1.Server.ConversationId, default).WaitAsync(TestLimits.Step);
        var created = await v1.Conversations.CreateAsync(v1.Endpoint, [], default).WaitAsync(TestLimits.Step);

        found.Should().Be(RestResult.NoAnswer);
        created.Problem.Should().Be("The agent server cannot be reached.");
    }

    [Fact]
    public async Task AnyCall_ServerThatCutsIt_MayBeDoneAllTheSame()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.IsDown = true;

        (await v1.Conversations.SearchAsync(v1.Endpoint, null, 5, default)).Should().Be(RestResult.NoAnswer);
    }

    [Fact]
    public async Task AnyCall_NobodyListens_IsUnreachable()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        await v1.Server.DisposeAsync();

        (await v1.Conversations.SearchAsync(v1.Endpoint, null, 5, default)).Should().Be(RestResult.Unreachable);
    }

    [Theory]
    [InlineData(500, "Internal", "The agent server answered 500.")]
    [InlineData(422, """{"detail":"no such model"}""", "The agent server answered 422: no such model")]
    [InlineData(401, """{"detail":"Unauthorized: a-secret-key"}""", "The agent server answered 401: Unauthorized: [key]")]
    public async Task AnyCall_Refused_SaysWhyWithoutTheKey(int status, string body, string expected)
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.AnswerWith(status, body);

        var result = await v1.Conversations.FindAsync(v1.Endpoint, Guid.NewGuid(), default);

        result.Problem.Should().Be(expected);
        result.IsSuccess.Should().BeFalse();
    }

    [Fact]
    public async Task AnyCall_CallerGivesUp_Throws()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.HeldUntil = new TaskCompletionSource().Task;
        using var giveUp = new CancellationTokenSource();

        var call = v1.Conversations.FindAsync(v1.Endpoint, Guid.NewGuid(), giveUp.Token);
        await v1.Server.Held.WaitAsync(TestLimits.Step);
        await giveUp.CancelAsync();

        await FluentActions.Awaiting(() => call.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
    }
}
