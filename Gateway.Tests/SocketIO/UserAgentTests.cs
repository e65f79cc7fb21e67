using Gateway.SocketIO;

namespace Gateway.Tests.SocketIO;

/// <summary>Programs by what they call themselves: a few words of a client's, clean and short.</summary>
public sealed class UserAgentTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/126.0.0.0 Safari/537.36", "browser (Chrome)", "126")]
    [InlineData("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "browser (Safari)", "17")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0", "browser (Firefox)", "127")]
    [InlineData("Python/3.11 aiohttp/3.9.5", "aiohttp", "3.9.5")]
    [InlineData("Python/3.11 websockets/12.0", "websockets", "12.0")]
    [InlineData("python-requests/2.31.0", "python-requests", "2.31.0")]
    [InlineData("okhttp/3.12.12", "okhttp", "3.12.12")]
    [InlineData("MyApp/7 CFNetwork/1490.0.4 Darwin/23.2.0", "CFNetwork", "1490.0.4")]
    [InlineData("node-XMLHttpRequest", "socket.io-client (Node)", "")]
    [InlineData("my-tool/1.2 extra", "my-tool", "1.2")]
    [InlineData(" \r\nCONNECT from 192.0.2.1 refused: \"", " ??CONNECT from 192.0.2.1 refused? ?", "")]
    [InlineData("<script>alert(1)</script>", "?script?alert(1)?/script?", "")]
    [InlineData(null, "not named", "")]
    public void Read_AUserAgent_IsItsProgram(string? text, string library, string version)
    {
        UserAgent.Read(text, timestamp: "lx2k9abc").Should().Be((library, version));
    }

    [Theory]
    [InlineData("Python/3.11 aiohttp/3.9.5", null, "aiohttp 3.9.5")]
    [InlineData("Python/3.11 aiohttp/3.9.5", "1764547796.6181436", "python-socketio with aiohttp 3.9.5")]
    [InlineData("python-requests/2.31.0", "1764547796.61", "python-socketio with python-requests 2.31.0")]
    [InlineData(null, "1764547796.6181436", "python-socketio")]
    [InlineData(null, "1764547796618", "not named")]
    [InlineData("Mozilla/5.0 (X11; rv:127.0) Gecko/20100101 Firefox/127.0", "1764547796.61", "browser (Firefox) 127")]
    [InlineData("node-XMLHttpRequest", "lx2k9abc", "socket.io-client (Node)")]
    [InlineData(null, null, "not named")]
    public void NameOf_AUserAgent_IsItsProgramWithItsVersion(string? text, string? timestamp, string name)
    {
        UserAgent.NameOf(text, timestamp).Should().Be(name);
    }

    [Theory]
    [InlineData('a')]
    [InlineData('<')]
    public void NameOf_ALongText_IsCut(char letter)
    {
        UserAgent.NameOf(new string(letter, 1_000), null).Should().HaveLength(40);
    }
}
