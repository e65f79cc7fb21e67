using System.Text;

using Gateway.Tools.Load.Scenarios;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Load.Scenarios;

/// <summary>Actions whose events are told from all others.</summary>
public sealed class ActionTextTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void Packet_OfANumber_IsAV0ActionOfTheSizeThatWasAskedFor(int size)
    {
        var packet = JArray.Parse(Encoding.UTF8.GetString(new ActionText(size).Packet(12))[2..]);

        packet[0].Value<string>().Should().Be("oh_user_action");
        var content = packet[1]["args"]!.Value<string>("content");
        content.Should().Contain("-12 ").And.HaveLength(Math.Max(size, content!.IndexOf(' ', StringComparison.Ordinal) + 1));
    }

    [Fact]
    public void NumberOf_AnEventThatShowsTheAction_IsItsNumber()
    {
        var text = new ActionText(50);
        var content = JArray.Parse(Encoding.UTF8.GetString(text.Packet(34))[2..])[1]["args"]!.Value<string>("content");

        int? NumberOf(string packet) => text.NumberOf(Encoding.UTF8.GetBytes(packet));

        NumberOf($$"""42["oh_event",{"id":5,"message":"{{content}}"}]""").Should().Be(34);
        NumberOf($$"""42["oh_event", {"id": 5, "message": "{{content}}"}]""").Should().Be(34);
        NumberOf($$"""42["oh_event",{"status_update":true,"id":"info","conversation_title":"{{content}}"}]""").Should().BeNull();
        NumberOf("""42["oh_event",{"id":5,"message":"load-of another run"}]""").Should().BeNull();
    }
}
