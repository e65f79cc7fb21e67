using System.Text;

using Gateway.EngineIO.Kestrel;

namespace Gateway.Tests.EngineIO.Kestrel;

public class RequestHeadTests
{
    private const string Head =
        "GET /a/socket.io/?EIO=4&x=%20 HTTP/1.1\r\nHost: example:3000\r\nConnection:  keep-alive, Upgrade \r\nX-Other: no\r\nCOOKIE: a=b\r\n\r\n";

    private static readonly RequestHead s_head = new(["cookie"]);

    private readonly HandshakeRequest _request = new(usualHeaders: 8);

    [Fact]
    public void TryRead_WholeHead_GivesTheRequestAndLeavesWhatFollows()
    {
        TryRead(Head + "\u0081frame", out var length).Should().Be(HeadStatus.Whole);

        length.Should().Be(Head.Length);
        _request.Method.Should().Be("GET");
        _request.Path.Should().Be("/a/socket.io/");
        _request.QueryString.Should().Be("?EIO=4&x=%20");
        _request.Headers.Connection.ToString().Should().Be("keep-alive, Upgrade");
        _request.Headers.Cookie.ToString().Should().Be("a=b");
        _request.Headers.Should().NotContainKey("X-Other", "nobody asks for it");
    }

    [Fact]
    public void TryRead_HeaderRepeated_KeepsBothValues()
    {
        TryRead("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: a\r\nupgrade: b\r\n\r\n", out _).Should().Be(HeadStatus.Whole);

        _request.Headers.Upgrade.Should().Equal("a", "b");
    }

    [Fact]
    public void TryRead_AnyPartOfAHead_IsNotEnough()
    {
        for (var length = 0; length < Head.Length; length++)
        {
            TryRead(Head[..length], out _).Should().Be(HeadStatus.Incomplete);
        }
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("get / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1 \r\nHost: x\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /%2e HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /a?b#c HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /a?b c HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /a?é HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x:y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n folded: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nA: é\r\n\r\n")]
    [InlineData("GET \r\n\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    [InlineData("GEX")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public void TryRead_UnusualOrWrong_IsLeftToTheServer(string head)
    {
        TryRead(head, out _).Should().Be(HeadStatus.Unusual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\nHost: x\n\n")]
    public void TryRead_MayBecomeAHead_IsWaitedFor(string head)
    {
        TryRead(head, out _).Should().Be(HeadStatus.Incomplete);
    }

    [Fact]
    public void TryRead_EndNotSeenInWhatIsLookedAt_IsLeftToTheServer()
    {
        TryRead("GET /" + new string('a', RequestHead.MaxLength - 5), out _).Should().Be(HeadStatus.Unusual);
    }

    [Fact]
    public void TryRead_SameValuesAgain_GivesTheSameTextsAndNeverAnotherClients()
    {
        TryRead(Head, out _).Should().Be(HeadStatus.Whole);
        var (host, cookie) = (_request.Headers.Host.ToString(), _request.Headers.Cookie.ToString());
        _request.Clear();

        TryRead(Head, out _).Should().Be(HeadStatus.Whole);
        _request.Headers.Host.ToString().Should().BeSameAs(host);
        _request.Headers.Cookie.ToString().Should().Be(cookie).And.NotBeSameAs(cookie, "what may be a secret is not kept for the next");
        _request.Clear();

        TryRead(Head.Replace("example:3000", "other:1", StringComparison.Ordinal), out _).Should().Be(HeadStatus.Whole);
        _request.Headers.Host.ToString().Should().Be("other:1");
    }

    [Fact]
    public void TryRead_TooManyHeaders_IsLeftToTheServer()
    {
        string With(int headers) => $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Repeat("A: b\r\n", headers - 1))}\r\n";

        TryRead(With(100), out _).Should().Be(HeadStatus.Whole);
        TryRead(With(101), out _).Should().Be(HeadStatus.Unusual);
    }

    [Fact]
    public void TryRead_RandomDamage_NeverThrows()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(Head);
            for (var damage = random.Next(1, 6); damage > 0; damage--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch
                {
                    0 => (byte)"\r\n :?/#%"[random.Next(8)],
                    _ => (byte)random.Next(256),
                };
            }

            s_head.TryRead(bytes, new HandshakeRequest(usualHeaders: 8), out _);
        }
    }

    private HeadStatus TryRead(string head, out int length) =>
        s_head.TryRead(Encoding.Latin1.GetBytes(head), _request, out length);
}
