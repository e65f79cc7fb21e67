using Gateway.SocketIO;

namespace Gateway.Tests.SocketIO;

/// <summary>Programs by what they call themselves: a few words of a client's, clean and short.</summary>
public sealed class UserAgentTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/126.0.0.0 Safari/537.36", "browser (Chrome)", "126")]
    [InlineData("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "browser (Safari)", "17")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0", "browser (Firefox)", "127")]
    [InlineData("Python/3.11 aiohttp/3.9.5", "python-socketio (aiohttp)", "3.9.5")]
    [InlineData("python-requests/2.31.0", "python-socketio (requests)", "2.31.0")]
    [InlineData("node-XMLHttpRequest", "socket.io-client (Node)", "")]
    [InlineData("my-tool/1.2 extra", "my-tool", "1.2")]
    [InlineData(" \r\nCONNECT from 192.0.2.1 refused: \"", " ??CONNECT from 192.0.2.1 refused? ?", "")]
    [InlineData("<script>alert(1)</script>", "?script?alert(1)?/script?", "")]
    [InlineData(null, "not named", "")]
    public void Read_AUserAgent_IsItsProgram(string? text, string library, string version)
    {
        UserAgent.Read(text).Should().Be((library, version));
    }

    [Theory]
    [InlineData("Python/3.11 aiohttp/3.9.5", "python-socketio (aiohttp) 3.9.5")]
    [InlineData("node-XMLHttpRequest", "socket.io-client (Node)")]
    [InlineData(null, "not named")]
    public void NameOf_AUserAgent_IsItsProgramWithItsVersion(string? text, string name)
    {
        UserAgent.NameOf(text).Should().Be(name);
    }

    [Theory]
    [InlineData('a')]
    [InlineData('<')]
    public void NameOf_ALongText_IsCut(char letter)
    {
        UserAgent.NameOf(new string(letter, 1_000)).Should().HaveLength(40);
    }
}
