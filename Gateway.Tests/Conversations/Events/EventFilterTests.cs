using System.Text;
using System.Text.Json;

using Gateway.Conversations.Events;

namespace Gateway.Tests.Conversations.Events;

public sealed class EventFilterTests
{
    [Theory]
    [InlineData("run", "action run", true)]
    [InlineData("run", "observation run", true)]
    [InlineData("action:run", "action run", true)]
    [InlineData("action:run", "observation run", false)]
    [InlineData("observation:run", "action run", false)]
    [InlineData("observation:run", "observation run", true)]
    [InlineData(" message , observation: run ,", "observation run", true)]
    [InlineData(" message , observation: run ,", "action message", true)]
    [InlineData(" message , observation: run ,", "action run", false)]
    [InlineData("run", "action run_ipython", false)]
    [InlineData("Run", "action run", false)]
    [InlineData("a_kind_of_tomorrow", "action a_kind_of_tomorrow", true)]
    public void Wants_NamesOfKinds_AreThoseOfEvents(string kinds, string type, bool expected)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();

        filter!.Wants(TypeOf(type)).Should().Be(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    [InlineData(null)]
    public void TryParse_NoNames_WantsAll(string? kinds)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();

        filter.Should().BeNull();
    }

    [Theory]
    [InlineData("\"run,message\"", true, "action message")]
    [InlineData("[\"run\",\"action:message\"]", true, "action message")]
    [InlineData("[\"run, message\"]", true, "action message")]
    [InlineData("[\"\\ud800\",\"message\"]", true, "action message")]
    [InlineData("[]", true, null)]
    [InlineData("\"\"", true, null)]
    [InlineData("null", true, null)]
    [InlineData("[\"run\",7]", false, null)]
    [InlineData("[[\"run\"]]", false, null)]
    [InlineData("{\"run\":true}", false, null)]
    [InlineData("true", false, null)]
    public void TryParse_Json_IsTextOrAnArrayOfNames(string json, bool expected, string? wanted)
    {
        using var document = JsonDocument.Parse(json);

        EventFilter.TryParse(document.RootElement, out var filter).Should().Be(expected);

        (filter?.Wants(TypeOf(wanted ?? ""))).Should().Be(wanted is null ? null : true);
    }

    [Fact]
    public void TryParse_MoreNamesThanAllowed_IsRefused()
    {
        var names = Enumerable.Range(0, EventFilter.MaxNames).Select(static n => $"kind{n}").ToList();

        EventFilter.TryParse([string.Join(',', names)], out var most).Should().BeTrue();
        EventFilter.TryParse([string.Join(',', names.Append("one more"))], out _).Should().BeFalse();
        EventFilter.TryParse([.. names, "one more"], out _).Should().BeFalse();

        most!.Wants(TypeOf("observation kind99")).Should().BeTrue();
        most.UnknownNames.Should().Be(EventFilter.MaxNames);
    }

    [Theory]
    [InlineData("run,action:message,observation:error", 0)]
    [InlineData("action:error,observation:message,tomorrow", 3)]
    public void UnknownNames_CountsWhatV0DoesNotHave(string kinds, int expected)
    {
        EventFilter.TryParse([kinds], out var filter).Should().BeTrue();

        filter!.UnknownNames.Should().Be(expected);
    }

    [Fact]
    public void Type_OfEveryKindOfV0_IsItsOwn()
    {
        var types = EventTypes.Actions.Keys.Select(static name => TypeOf($"action {name}"))
            .Concat(EventTypes.Observations.Keys.Select(static name => TypeOf($"observation {name}")))
            .ToList();

        types.Should().HaveCountGreaterThan(30).And.OnlyHaveUniqueItems().And.NotContain(0u);
    }

    [Theory]
    [InlineData("{\"id\":1,\"action\":\"run\"}", "action run")]
    [InlineData("{\"observation\":\"r\\u0075n\"}", "observation run")]
    [InlineData("{\"observation\":\"run\",\"action\":\"browse_interactive\"}", "action browse_interactive")]
    public void Scan_AnyEvent_GivesItsType(string json, string expected)
    {
        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out var header, out _).Should().Be(ScanStatus.Ok);

        header.Type.Should().Be(TypeOf(expected));
    }

    private static uint TypeOf(string text)
    {
        var isAction = text.StartsWith("action ", StringComparison.Ordinal);
        return EventType.Of(Encoding.UTF8.GetBytes(text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..]), isAction);
    }
}
