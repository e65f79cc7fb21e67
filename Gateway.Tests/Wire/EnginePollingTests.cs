using System.IO.Compression;
using System.Text;

using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EnginePollingTests
{
    [Fact]
    public async Task Post_BodyIsHeldUpLongerThanTheServersOwnRuleAllows_IsWaitedFor()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var post = await RawEngineClient.ConnectAsync(host.Port);
        await post.WriteAsync($"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n4la");

        // Kestrel's rule has its own clock: 240 bytes a second after five seconds.
        await Task.Delay(TimeSpan.FromSeconds(7));
        await post.WriteAsync("ter");

        (await post.ReadResponseAsync()).Text.Should().Be("ok");
        (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("4later");
    }

    [Fact]
    public async Task Post_TextAndBinary_ArriveInOrderAndComeBackJoined()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        var post = await RawEngineClient.PostAsync(host.Port, sid, "4héllo\u001ebAQIDBA==\u001e4two");
        var poll = await RawEngineClient.PollAsync(host.Port, sid);

        post.Status.Should().Be(200);
        post.Text.Should().Be("ok");
        poll.Text.Should().Be("4héllo\u001ebAQIDBA==\u001e4two");
        var session = await host.Application.NextAsync();
        (await session.NextMessageAsync()).Should().Be(("héllo", false));
        (await session.NextMessageAsync()).Should().Be(("\u0001\u0002\u0003\u0004", true));
    }

    /// <summary>As V0's server does it. Large enough to be written in several pieces.</summary>
    [Theory]
    [InlineData("gzip, deflate", "gzip")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("deflate", null)]
    [InlineData("gzip;q=0", null)]
    public async Task Poll_ByAClientThatAcceptsAnEncoding_IsCompressed(string accepted, string? encoding)
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var text = string.Concat(Enumerable.Repeat("4the same words again ", 10_000));
        (await RawEngineClient.PostAsync(host.Port, sid, text)).Text.Should().Be("ok");
        var session = await host.Application.NextAsync();
        await session.NextMessageAsync();

        var answer = await PollAsync(host.Port, sid, accepted);

        answer.Content.Headers.ContentEncoding.Should().Equal(encoding is null ? [] : [encoding]);
        var body = await answer.Content.ReadAsStreamAsync();
        using var plain = new StreamReader(encoding switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => body,
        });
        (await plain.ReadToEndAsync()).Should().Be(text);
        var bytes = (await answer.Content.ReadAsByteArrayAsync()).Length;
        (bytes < text.Length / 10).Should().Be(encoding is not null);
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 20_000)]
    public async Task Poll_ThatIsShortOrWithoutCompression_IsPlain(bool isOn, int length)
    {
        await using var host = await EngineHost.StartAsync(options => options.Compression = isOn);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var text = "4" + new string('a', length);
        await RawEngineClient.PostAsync(host.Port, sid, text);

        var answer = await PollAsync(host.Port, sid, "gzip");

        answer.Content.Headers.ContentEncoding.Should().BeEmpty();
        answer.Content.Headers.ContentLength.Should().Be(text.Length);
    }

    /// <summary>What was in the answer is lost, as it is without compression.</summary>
    [Fact]
    public async Task Poll_CompressedAndTheClientGoesInItsMiddle_EndsTheSession()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var recorded = await host.Application.NextAsync();
        host.Registry.TryGet(sid, host.Application, out var session).Should().BeTrue();
        using var poll = await RawEngineClient.ConnectAsync(host.Port, receiveBuffer: 4 * 1_024);
        await poll.WriteAsync(
            $"GET /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");

        // More than the system takes for a client that does not read.
        var noise = new byte[24 * 1_024 * 1_024];
        new Random(3).NextBytes(noise);
        var message = new EngineMessage(Encoding.UTF8.GetBytes(Convert.ToBase64String(noise)));
        (await session!.SendAsync([message], CancellationToken.None)).Should().BeTrue();
        (await poll.ReadHeadAsync()).Should().Contain("Content-Encoding: gzip");
        poll.Reset();

        (await recorded.Closed).Should().Be(CloseReason.TransportLost);
    }

    private static async Task<HttpResponseMessage> PollAsync(int port, string sid, string accepted)
    {
        using var http = new HttpClient { Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/engine.io/?EIO=4&transport=polling&sid={sid}");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        return await http.SendAsync(request);
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task Post_AnyContentType_IsAnswered(string type)
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        var response = await RawEngineClient.SendAsync(
            host.Port, "POST", $"/engine.io/?EIO=4&transport=polling&sid={sid}", "4hi", $"Content-Type: {type}");

        response.Text.Should().Be("ok");
    }

    [Fact]
    public async Task Post_Chunked_IsReadWhole()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        await client.WriteAsync(
            $"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n4h\r\n");
        await client.WriteAsync("4\r\nello\r\n0\r\n\r\n");

        (await client.ReadResponseAsync()).Text.Should().Be("ok");
        (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("4hello");
    }

    [Fact]
    public async Task Poll_Parked_IsAnsweredAsSoonAsThereIsSomething()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        for (var i = 0; i < 50; i++)
        {
            var poll = client.RequestAsync("GET", $"/engine.io/?EIO=4&transport=polling&sid={sid}");
            session.Send($"m{i}").Should().BeTrue();

            (await poll).Text.Should().Be($"4m{i}");
        }
    }

    [Fact]
    public async Task Poll_MoreThanMaxPayload_IsSplitAndOneLargePacketIsSentAlone()
    {
        await using var host = await EngineHost.StartAsync(static options => options.MaxPayloadBytes = 1_024);
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        foreach (var length in new[] { 500, 400, 500, 5_000, 1 })
        {
            session.Send(new string('x', length));
        }

        var lengths = new List<int>();
        while (lengths.Sum() < 6_406)
        {
            lengths.Add((await RawEngineClient.PollAsync(host.Port, sid)).Body.Length);
        }

        lengths.Should().Equal(903, 501, 5_001, 2);
    }

    [Fact]
    public async Task Poll_SecondInParallel_ClosesTheSession()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();

        var polls = await Task.WhenAll(RawEngineClient.PollAsync(host.Port, sid), RawEngineClient.PollAsync(host.Port, sid));

        polls.Select(static poll => poll.Status).Should().BeEquivalentTo([200, 400]);
        polls.Single(static poll => poll.Status == 200).Text.Should().Be("1");
        (await session.Closed).Should().Be(CloseReason.DuplicateRequest);
        var later = await RawEngineClient.PollAsync(host.Port, sid);
        later.Status.Should().Be(400);
        later.Text.Should().Contain("\"code\":1");
    }

    [Fact]
    public async Task Post_SecondInParallel_ClosesTheSession()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var slow = await RawEngineClient.ConnectAsync(host.Port);
        await slow.WriteAsync(
            $"POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        var goOn = await slow.ReadResponseAsync();
        goOn.Status.Should().Be(100, "the server reads the body by now");

        var second = await RawEngineClient.PostAsync(host.Port, sid, "4hi");

        second.Status.Should().Be(400);
        (await session.Closed).Should().Be(CloseReason.DuplicateRequest);
        (await slow.ReadResponseAsync()).Status.Should().Be(400, "a request of a closed session is answered too");
    }

    [Fact]
    public async Task Post_ClosePacket_AnswersTheParkedPoll()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var poll = RawEngineClient.PollAsync(host.Port, sid);

        (await RawEngineClient.PostAsync(host.Port, sid, "1")).Text.Should().Be("ok");

        var answer = await poll;
        (answer.Status == 400 || answer.Text == "6").Should().BeTrue("a poll that came first is answered, one that came later is refused");
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.ClientClosed);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("")]
    [InlineData("4a\u001e")]
    [InlineData("b!!")]
    public async Task Post_Malformed_IsRefusedAndClosesTheSession(string body)
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        var response = await RawEngineClient.PostAsync(host.Port, sid, body);

        response.Status.Should().Be(400);
        response.Text.Should().Contain("malformed");
        (await (await host.Application.NextAsync()).Closed).Should().Be(CloseReason.ProtocolError);
        (await RawEngineClient.PollAsync(host.Port, sid)).Status.Should().Be(400);
    }

    [Fact]
    public async Task Poll_ClientGoesAwayWhileParked_ClosesTheSession()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.WriteAsync($"GET /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n");

        // Not reset: the request might be thrown away unread.
        client.Dispose();

        (await session.Closed).Should().Be(CloseReason.TransportLost);
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task CloseAfterFlush_PacketsWait_TheNextPollBringsThemAndThenTheSessionIsGone()
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        var session = await host.Application.NextAsync();
        session.Send("goodbye");

        session.Connection.CloseAfterFlush(CloseReason.Refused, TimeSpan.FromMinutes(1));

        (await RawEngineClient.PollAsync(host.Port, sid)).Text.Should().Be("4goodbye");
        (await session.Closed).Should().Be(CloseReason.Refused);
        (await RawEngineClient.PollAsync(host.Port, sid)).Status.Should().Be(400);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    public async Task Session_AnotherMethod_IsRefusedAndTheSessionGoesOn(string method)
    {
        await using var host = await EngineHost.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.WriteAsync($"{method} /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        (await client.ReadToEndAsync()).Should().BePositive();

        (await RawEngineClient.PostAsync(host.Port, sid, "4hi")).Status.Should().Be(200);
    }
}
