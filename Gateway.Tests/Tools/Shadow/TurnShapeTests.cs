using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>What of an agent's turn two clients see alike, however early they came.</summary>
public sealed class TurnShapeTests
{
    [Fact]
    public void Compare_ATurnThatOneClientKnowsByReplay_IsEqual()
    {
        var early = TurnShape.Split(Events(State("loading"), State("awaiting_user_input"), Message, State("running"), State("finished")));
        var late = TurnShape.Split(Events(null, null, Message, null, State("finished")));

        early.Zip(late).SelectMany(static pair => pair.First.Compare(pair.Second)).Should().BeEmpty();
    }

    [Fact]
    public void Compare_AnotherEndOfATurn_IsADifference()
    {
        var one = TurnShape.Split(Events(Message, State("running"), State("finished")));
        var other = TurnShape.Split(Events(Message, State("running"), State("error")));

        one.Zip(other).SelectMany(static pair => pair.First.Compare(pair.Second))
            .Should().Equal(new ShapeDifference("end-state", "finished -> error"));
    }

    private static JObject Message => JObject.Parse("""{"source":"user","action":"message","args":{"content":"Hello"}}""");

    private static JObject State(string name) => new()
    {
        ["source"] = "environment",
        ["observation"] = "agent_state_changed",
        ["content"] = "",
        ["extras"] = new JObject { ["agent_state"] = name },
    };

    // By their place, which is their id; null is one that was not shown.
    private static IEnumerable<V0Event> Events(params JObject?[] shown)
    {
        for (var id = 0; id < shown.Length; id++)
        {
            if (shown[id] is { } json)
            {
                json["id"] = id;
                yield return V0Event.From(json)!;
            }
        }
    }
}
