using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>The table of kinds: it has what servers send, and says what is shown.</summary>
public sealed class KindTableTests
{
    private readonly V1Event _v1 = new();

    public static TheoryData<string> Recordings => [.. V1Recording.Names];

    public static TheoryData<string> ActionKinds => [.. KindTable.Actions.Select(static row => row.Name)];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Kinds_OfRecordedLogs_AllHaveARow(string name)
    {
        var unknown =
            from v1Event in V1Recording.Load(name).Log
            let kind = v1Event.Text("kind")
            let action = v1Event.Object("action")?.Text("kind")
            let observation = v1Event.Object("observation")?.Text("kind")
            let key = v1Event.TextOrNull("key")
            where KindTable.FindEvent(kind) is null
                || (action is not null && KindTable.FindAction(action) is null)
                || (observation is not null && KindTable.FindObservation(observation) is null)
                || (key is not null && KindTable.FindStateKey(key) is null)
            select $"{kind} {action}{observation}{key}";

        unknown.Distinct().Should().BeEmpty();
    }

    /// <summary>What the row says is what the translation gives.</summary>
    [Theory]
    [MemberData(nameof(ActionKinds))]
    public void Translate_ActionOfARow_IsWhatTheRowSays(string kind)
    {
        var row = KindTable.FindAction(kind)!;

        var log = new TranslatedLog().Add(_v1.Action(kind)).Release();

        var shown = log.Words.Should().ContainSingle().Subject;
        var of = row.ShownAs.StartsWith("as `", StringComparison.Ordinal) ? KindTable.FindAction("FileEditorAction")! : row;
        of.ShownAs.Should().Contain($"`{shown}`");
    }

    [Theory]
    [InlineData("DreamAction", "DreamObservation", "call_tool_mcp", "mcp!")]
    [InlineData("BrowserDreamAction", "BrowserObservation", "browse_interactive", "browse!")]
    [InlineData("ClientAction_pick_colour", "ClientToolObservation", "call_tool_mcp", "mcp!")]
    [InlineData("", "", "call_tool_mcp", "mcp!")]
    public void Translate_ToolOfALaterServer_IsShownByItsName(string action, string observation, params string[] words)
    {
        var log = new TranslatedLog()
            .Add(_v1.Action(action, "\"depth\":3", tool: "dream"), _v1.Observation(observation, tool: "dream"));

        log.Words.Should().Equal(words);
        if (words[0] == "call_tool_mcp")
        {
            log.Events[0]["args"]!["name"]!.Value<string>().Should().Be("dream");
            log.Events[0]["args"]!["arguments"]!["depth"]!.Value<int>().Should().Be(3);
        }
    }

    [Fact]
    public void ToolObservation_OfAnUnseenAction_IsWhatItsRowSays()
    {
        foreach (var row in KindTable.Observations.Where(static row => row.Answers != "finish"))
        {
            var log = new TranslatedLog().Add(_v1.Observation(row.Name, action: "never"));

            var shown = log.Words.Should().ContainSingle(row.Name).Subject.TrimEnd('!');
            var of = row.ShownAs.StartsWith("as `", StringComparison.Ordinal) ? KindTable.FindObservation("FileEditorObservation")! : row;
            of.ShownAs.Should().Contain($"`{shown}`", row.Name);
        }
    }
}
