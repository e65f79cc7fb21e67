using System.Text.Json;
using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

/// <summary>One thing has one name in all log lines, and one name means one thing.</summary>
public sealed partial class LogPropertiesTests
{
    // Words for what has a name already: the left one is not used.
    private static readonly Dictionary<string, string> s_otherWords = new()
    {
        ["Elapsed"] = "Duration",
        ["Took"] = "Duration",
        ["Seconds"] = "Duration",
        ["Cause"] = "Reason",
        ["Failure"] = "Reason",
        ["Fault"] = "Reason",
        ["Refusal"] = "Reason",
        ["Conversation"] = "ConversationId",
        ["Id"] = "ConversationId or EventId",
        ["Head"] = "EventId",
        ["RemoteAddress"] = "Address",
        ["Ip"] = "Address",
        ["Host"] = "Address",
        ["UserAgent"] = "Client",
    };

    [Fact]
    public async Task Properties_OfAllMessages_HaveOneSpelling()
    {
        var names = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("Gateway"), "*.cs", SearchOption.AllDirectories))
        {
            names.UnionWith(
                from Match message in Message().Matches(await File.ReadAllTextAsync(file))
                from Match name in Property().Matches(message.Value)
                select name.Groups[1].Value);
        }

        names.Should().Contain("ConversationId").And.Contain("Address").And.OnlyContain(static name => char.IsUpper(name[0]));
        names.Where(s_otherWords.ContainsKey).Select(static name => $"{name}: say {s_otherWords[name]}").Should().BeEmpty();
        names.Select(JsonNamingPolicy.SnakeCaseLower.ConvertName).Should().OnlyHaveUniqueItems();
    }

    [GeneratedRegex(@"\[LoggerMessage\(.*?\)\]\s*public static partial", RegexOptions.Singleline)]
    private static partial Regex Message();

    [GeneratedRegex(@"\{(\w+)(?::[^}]*)?\}")]
    private static partial Regex Property();
}
