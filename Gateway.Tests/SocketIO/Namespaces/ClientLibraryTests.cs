using Gateway.SocketIO.Namespaces;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class ClientLibraryTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "browser")]
    [InlineData("Python/3.11 aiohttp/3.9.1", "aiohttp/3.9.1")]
    [InlineData("python-requests/2.31.0", "python-requests/2.31.0")]
    [InlineData("node-XMLHttpRequest", "node-XMLHttpRequest")]
    [InlineData(" \r\nINFO forged\"line ", "forged?line")]
    [InlineData("", "unknown")]
    public void NameOf_AUserAgent_IsItsLibrary(string agent, string expected) =>
        ClientLibrary.NameOf(new Dictionary<string, string> { ["user-agent"] = agent }).Should().Be(expected);

    [Fact]
    public void NameOf_NoneOrALongOne_IsUnknownOrCut()
    {
        ClientLibrary.NameOf(new Dictionary<string, string>()).Should().Be("unknown");
        ClientLibrary.NameOf(new Dictionary<string, string> { ["user-agent"] = new('a', 1_000) }).Should().HaveLength(64);
    }
}
