using System.Text.Json;
using System.Text.RegularExpressions;

using Gateway.EngineIO;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

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

    /// <summary>A reason is a small word of a fixed set; <see cref="CapturedLog"/> looks at every one that a test's host writes.</summary>
    [Fact]
    public async Task Reasons_OfAllMessages_AreWords()
    {
        var log = new CapturedLog();
        foreach (var reason in new object?[] { "ping_timeout", "Idle", CloseReason.Refused, "it has ended", null })
        {
            IReadOnlyList<KeyValuePair<string, object?>> state = [new("Reason", reason)];
            log.CreateLogger("Gateway.Any").Log(LogLevel.Information, default, state, null, static (said, _) => $"Ended: {said[0].Value}");
        }

        log.Complaints.Select(static line => line.Text.Trim()).Should().Equal(
            "Ended: Idle", "Ended: Refused", "Ended: it has ended", "Ended:");

        // A value of an enumeration would be written as the code spells it.
        var others = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("Gateway"), "*.cs", SearchOption.AllDirectories))
        {
            others.AddRange(
                from Match message in MessageWithParameters().Matches(await File.ReadAllTextAsync(file))
                where message.Groups["text"].Value.Contains("{Reason}", StringComparison.Ordinal)
                    && !message.Groups["parameters"].Value.Contains("string reason", StringComparison.Ordinal)
                select $"{Path.GetFileName(file)}: {message.Groups["parameters"].Value}");
        }

        others.Should().BeEmpty();
    }

    [GeneratedRegex(@"\[LoggerMessage\((?<text>.*?)\)\]\s*public static partial void \w+\((?<parameters>[^)]*)\)", RegexOptions.Singleline)]
    private static partial Regex MessageWithParameters();

    [GeneratedRegex(@"\[LoggerMessage\(.*?\)\]\s*public static partial", RegexOptions.Singleline)]
    private static partial Regex Message();

    [GeneratedRegex(@"\{(\w+)(?::[^}]*)?\}")]
    private static partial Regex Property();
}
