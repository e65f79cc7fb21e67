using System.Text;

using Gateway.SocketIO;
using Gateway.SocketIO.Acks;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public sealed class SocketEventTests
{
    [Fact]
    public async Task Event_OverWebSocket_IsAnsweredAndAcknowledged()
    {
        await using var host = await SocketHost.StartAsync();
        host.Handler.OnEvent = EchoAsync;
        var (client, _) = await host.ConnectAsync();
        using var _1 = client;

        await client.SendTextAsync("42456[\"message\",1,\"2\",{\"3\":[true]}]");

        (await client.ReadTextAsync()).Should().Be("42[\"message-back\",1,\"2\",{\"3\":[true]}]");
        (await client.ReadTextAsync()).Should().Be("43456[1,\"2\",{\"3\":[true]}]");
    }

    [Fact]
    public async Task BinaryEvent_OverWebSocket_ComesBackWithItsAttachments()
    {
        await using var host = await SocketHost.StartAsync();
        host.Handler.OnEvent = EchoAsync;
        var (client, _) = await host.ConnectAsync();
        using var _1 = client;

        await client.SendTextAsync("452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
        await client.SendFrameAsync(RawEngineClient.Binary, new byte[] { 1, 2, 3 });
        await client.SendFrameAsync(RawEngineClient.Binary, new byte[] { 4, 5, 6 });

        (await client.ReadTextAsync()).Should().StartWith("452-[\"message-back\",");
        (await client.ReadFrameAsync()).Payload.Should().Equal(1, 2, 3);
        (await client.ReadFrameAsync()).Payload.Should().Equal(4, 5, 6);
    }

    [Fact]
    public async Task BinaryEvent_OverPolling_ComesBackAsBase64()
    {
        await using var host = await SocketHost.StartAsync();
        host.Handler.OnEvent = EchoAsync;
        var sid = await RawEngineClient.OpenPollingAsync(host.Port, SocketHost.Path);
        await RawEngineClient.PostAsync(host.Port, sid, "40", SocketHost.Path);
        (await RawEngineClient.PollAsync(host.Port, sid, SocketHost.Path)).Text.Should().StartWith("40{\"sid\":");

        await RawEngineClient.PostAsync(
            host.Port, sid, "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\u001ebAQID", SocketHost.Path);

        (await RawEngineClient.PollAsync(host.Port, sid, SocketHost.Path)).Text
            .Should().Be("451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\u001ebAQID");
    }

    [Fact]
    public async Task Event_SentWithoutWaitingForTheConnectAnswer_IsHandled()
    {
        await using var host = await SocketHost.StartAsync();
        using var client = await host.OpenAsync();

        await client.SendTextAsync("42[\"before\"]");
        await client.SendTextAsync("40");
        await client.SendTextAsync("42[\"join\",{\"conversation_id\":\"c\"}]");

        (await host.Handler.NextAsync()).Should().Be("connected");
        (await host.Handler.NextAsync()).Should().Be("before[]");
        (await host.Handler.NextAsync()).Should().Be("join[{\"conversation_id\":\"c\"}]");
    }

    [Fact]
    public async Task Event_FromAClientThatLeavesAtOnce_IsHandled()
    {
        await using var host = await SocketHost.StartAsync();
        var decision = new TaskCompletionSource<ConnectDecision>();
        host.Handler.OnConnect = (_, _, cancellationToken) =>
        {
            cancellationToken.Register(() => decision.TrySetResult(ConnectDecision.Accepted));
            return new(decision.Task);
        };

        using (var client = await host.OpenAsync())
        {
            await client.SendTextAsync("40");
            await client.SendTextAsync("42[\"oh_user_action\",{\"action\":\"message\"}]");
            await client.SendFrameAsync(RawEngineClient.Close, ReadOnlyMemory<byte>.Empty);
        }

        (await host.Handler.NextAsync()).Should().Be("connected");
        (await host.Handler.NextAsync()).Should().Be("oh_user_action[{\"action\":\"message\"}]");
        (await host.Handler.NextAsync()).Should().StartWith("disconnected");
    }

    [Fact]
    public async Task Heartbeat_WhileAConnectIsDecided_GoesOn()
    {
        await using var host = await SocketHost.StartAsync(
            engine: static options => options.PingInterval = TimeSpan.FromMilliseconds(50));
        var decision = new TaskCompletionSource<ConnectDecision>();
        host.Handler.OnConnect = (_, _, _) => new(decision.Task);
        using var client = await host.OpenAsync();
        await client.SendTextAsync("40");

        for (var i = 0; i < 3; i++)
        {
            (await client.ReadTextAsync()).Should().Be("2");
            await client.SendTextAsync("3");
        }

        decision.SetResult(ConnectDecision.Accepted);
        string answer;
        while ((answer = await client.ReadTextAsync()) == "2")
        {
            await client.SendTextAsync("3");
        }

        answer.Should().StartWith("40{\"sid\":");
    }

    [Fact]
    public async Task EmitWithAck_OverWebSocket_IsAnsweredByTheClient()
    {
        await using var host = await SocketHost.StartAsync();
        var (client, socket) = await host.ConnectAsync();
        using var _1 = client;

        var asked = socket.EmitWithAckAsync(
            "q", "[{\"_placeholder\":true,\"num\":0}]"u8.ToArray(), [new byte[] { 9 }], TestLimits.Step, CancellationToken.None);
        (await client.ReadTextAsync()).Should().Be("451-0[\"q\",{\"_placeholder\":true,\"num\":0}]");
        (await client.ReadFrameAsync()).Payload.Should().Equal(9);
        await client.SendTextAsync("430[\"yes\"]");

        var answer = await asked.WaitAsync(TestLimits.Step);
        answer.Status.Should().Be(AckStatus.Answered);
        Encoding.UTF8.GetString(answer.Arguments.Span).Should().Be("[\"yes\"]");
    }

    [Fact]
    public async Task Send_TenThousandEvents_ArriveInOrder()
    {
        await using var host = await SocketHost.StartAsync();
        var (client, socket) = await host.ConnectAsync();
        using var _1 = client;
        var batch = new PreparedEventBatch("oh_event");
        for (var i = 0; i < 10_000; i++)
        {
            batch.Add(Encoding.UTF8.GetBytes($"{{\"id\":{i}}}"));
        }

        var sending = socket.SendAsync(batch.Build(), CancellationToken.None).AsTask();

        for (var i = 0; i < 10_000; i++)
        {
            (await client.ReadTextAsync()).Should().Be($"42[\"oh_event\",{{\"id\":{i}}}]");
        }

        (await sending.WaitAsync(TestLimits.Step)).Should().BeTrue();
    }

    [Fact]
    public async Task Emit_ToARoomExceptItsSender_ReachesTheOthers()
    {
        await using var host = await SocketHost.StartAsync();
        host.Handler.OnConnected = static socket => socket.Join("room");
        host.Handler.OnEvent = (socket, socketEvent) =>
        {
            host.Main.To("room").Except(socket).Emit(socketEvent.Name, socketEvent.Arguments.Span);
            return ValueTask.CompletedTask;
        };
        var (first, _) = await host.ConnectAsync();
        var (second, _) = await host.ConnectAsync();
        using var _1 = first;
        using var _2 = second;

        await first.SendTextAsync("42[\"from-first\"]");
        (await second.ReadTextAsync()).Should().Be("42[\"from-first\"]");
        await second.SendTextAsync("42[\"from-second\"]");

        (await first.ReadTextAsync()).Should().Be("42[\"from-second\"]");
    }

    private static async ValueTask EchoAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        socket.Emit($"{socketEvent.Name}-back", socketEvent.Arguments.Span, socketEvent.Attachments);
        if (socketEvent.Ack is { } ack)
        {
            await ack.SendAsync(socketEvent.Arguments.Span, socketEvent.Attachments);
        }
    }
}
