using System.Text;

using Gateway.Conversations.Events;

namespace Gateway.Tests.Conversations.Events;

public class PageScannerTests
{
    [Theory]
    [InlineData("[]", 0, true)]
    [InlineData(" [ ] ", 0, true)]
    [InlineData("""[{"id":0,"action":"run"}]""", 1, true)]
    [InlineData("""[{"id":0,"action":"run"}, {"id":1,"observation":"run"}]""", 2, true)]
    [InlineData("""[{"id":0,"action":"run"},{"id":1}, 5]""", 3, true)]
    [InlineData("""[{"id":0,"action":"run"}, {"id":1,"obs""", 1, false)]
    [InlineData("""[{"id":0,"action":"run"}""", 1, false)]
    [InlineData("""[{"id":0,"action":"run"},""", 1, false)]
    [InlineData("""[{"id":0,"action":"run"},]""", 1, false)]
    [InlineData("""[{"id":0,"action":"run"}{"id":1,"action":"run"}]""", 1, false)]
    [InlineData("""[{"id":0,"action":"run"}] x""", 1, false)]
    [InlineData("""{"id":0,"action":"run"}""", 0, false)]
    [InlineData("", 0, false)]
    public void TryNext_AnyPage_GivesWhatStandsBeforeTheDamage(string json, int expectedCount, bool expectedWhole)
    {
        var scanner = new PageScanner(Encoding.UTF8.GetBytes(json));
        var count = 0;
        while (scanner.TryNext(out _))
        {
            count++;
        }

        count.Should().Be(expectedCount);
        scanner.IsWhole.Should().Be(expectedWhole);
        scanner.TryNext(out _).Should().BeFalse();
    }

    [Fact]
    public void TryNext_EachElement_StandsInThePageAsItStandsAlone()
    {
        string[] events =
        [
            """{"id": 25, "source": "agent", "action": "run", "args": {"keep_prompt": "]}"}}""",
            """{ "source" :"user", "id":26, "observation": "error" }""",
            """{"id": 27}""",
        ];
        var page = Encoding.UTF8.GetBytes($" [\n{events[0]} , {events[1]},{events[2]} ] ");
        var scanner = new PageScanner(page);

        foreach (var json in events)
        {
            scanner.TryNext(out var element).Should().BeTrue();
            var expected = EventScanner.Scan(Encoding.UTF8.GetBytes(json), out var header, out var id);
            Encoding.UTF8.GetString(page, element.Start, element.Length).Should().Be(json);
            element.Status.Should().Be(expected);
            element.Id.Should().Be(id);
            element.Header.Should().Be(header);
        }

        scanner.TryNext(out _).Should().BeFalse();
        scanner.IsWhole.Should().BeTrue();
    }
}
