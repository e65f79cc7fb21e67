using Gateway.Agents.V1.Bridge;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Bridge;

/// <summary>Messages on their way to V1, told by their content.</summary>
public sealed class SentMessagesTests
{
    private readonly SentMessages _sent = new();

    [Fact]
    public void Take_MessageThatWasSent_GivesItsFilesOnce()
    {
        _sent.Add(Message("Look", ["/a", "/b"], ["data:,"]));

        Take("Look").Should().BeNull("it had an image");
        Take("Look", "data:,").Should().Be("""["/a","/b"]""");
        Take("Look", "data:,").Should().BeNull();
    }

    [Fact]
    public void Take_EqualMessages_GivesTheFirstSentFirst()
    {
        _sent.Add(Message("Go", []));
        _sent.Add(Message("Go", ["/a"]));
        _sent.Add(Message("Go", ["/b"]));

        Take("Go").Should().BeNull();
        Take("Go").Should().Be("""["/a"]""");
        Take("Go").Should().Be("""["/b"]""");
    }

    [Fact]
    public void Remove_RefusedMessage_GoesAndLeavesTheEarlierOne()
    {
        _sent.Add(Message("Go", ["/a"]));
        _sent.Add(Message("Go", ["/b"]));

        _sent.Remove(Message("Go", ["/b"]));

        Take("Go").Should().Be("""["/a"]""");
        Take("Go").Should().BeNull();
    }

    [Fact]
    public void Add_MoreThanItKeeps_ForgetsTheOldest()
    {
        for (var i = 0; i <= SentMessages.MaxMessages; i++)
        {
            _sent.Add(Message($"{i}", ["/a"]));
        }

        Take("0").Should().BeNull();
        Take("1").Should().NotBeNull();
        Take($"{SentMessages.MaxMessages}").Should().NotBeNull();
    }

    [Theory]
    [InlineData("""{"content":7,"file_urls":"x","image_urls":{}}""")]
    [InlineData("{}")]
    [InlineData("""{"content":"","file_urls":[null,1,{}]}""")]
    public void Add_ArgumentsOfAnyShape_AreTakenAsNoFiles(string args)
    {
        _sent.Add(JObject.Parse(args));

        Take("").Should().BeNull();
    }

    [Fact]
    public void Add_MoreUrlsThanItKeeps_GivesNone()
    {
        _sent.Add(Message("Look", [.. Enumerable.Repeat(new string('x', 1_000), 100)]));

        Take("Look").Should().BeNull();
    }

    private string? Take(string text, params string[] images) => _sent.Take(text, new JArray(images))?.ToString(Formatting.None);

    private static JObject Message(string content, string[] files, string[]? images = null) =>
        new() { ["content"] = content, ["file_urls"] = new JArray(files), ["image_urls"] = new JArray(images ?? []) };
}
