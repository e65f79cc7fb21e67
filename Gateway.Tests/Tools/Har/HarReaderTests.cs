using System.Globalization;

using Gateway.Tools.Har;

namespace Gateway.Tests.Tools.Har;

public sealed class HarReaderTests
{
    [Theory]
    [InlineData("1795538460.25")]
    [InlineData("1795538460250")]
    public void Read_TimesInSecondsOrMilliseconds_AreTheSameMoment(string time)
    {
        var file = Read($$$"""
            {"log":{"entries":[{"startedDateTime":"2026-11-24T16:41:00Z","request":{"method":"GET","url":"ws://v0/socket.io/?EIO=4"},
            "response":{"status":101},"_webSocketMessages":[{"type":"receive","time":{{{time}}},"opcode":1,"data":"40"}]}]} }
            """);

        var expected = DateTimeOffset.Parse("2026-11-24T16:41:00.250Z", CultureInfo.InvariantCulture);
        file.Entries.Single().Messages!.Single().Time.Should().Be(expected);
    }

    [Theory]
    [InlineData("http://v0:3000/a/%2e%2e/b%2Fc?x=%20", "/a/%2e%2e/b%2Fc?x=%20")]
    [InlineData("http://v0:3000", "/")]
    [InlineData("http://v0:3000/a#b", "/a")]
    [InlineData("http://v0:3000?x=1", "/?x=1")]
    public void Read_AnUrl_KeepsItsPathAsItWasSent(string url, string expected)
    {
        var file = Read($$$"""{"log":{"entries":[{"request":{"method":"GET","url":"{{{url}}}"},"response":{"status":200} }]} }""");

        file.Entries.Single().RawTarget.Should().Be(expected);
    }

    private static HarFile Read(string text)
    {
        using var reader = new StringReader(text);
        var file = HarReader.Read(reader, out var problem);
        problem.Should().BeEmpty();
        return file ?? throw new InvalidOperationException("No HAR.");
    }
}
