using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>When an action may be shown before V1 says whether it waits, and what happens when it waits all the same.</summary>
public sealed class ConfirmationRulesTests
{
    private const string OfTheModel = """{"kind":"LLMSecurityAnalyzer"}""";

    private readonly V1Event _v1 = new();

    [Theory]
    // No analyzer: V1 knows no risk, whatever the model said.
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":false}""", "null", "HIGH", false)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":true}""", "null", "LOW", true)]
    [InlineData("""{"kind":"ConfirmRisky"}""", "null", "LOW", true)]
    // The model's own: its word counts.
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":true}""", OfTheModel, "LOW", false)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":true}""", OfTheModel, "MEDIUM", false)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"MEDIUM"}""", OfTheModel, "MEDIUM", true)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"LOW"}""", OfTheModel, "LOW", true)]
    [InlineData("""{"kind":"ConfirmRisky"}""", OfTheModel, "HIGH", true)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":true}""", OfTheModel, "UNKNOWN", true)]
    [InlineData("""{"kind":"ConfirmRisky","threshold":"HIGH","confirm_unknown":false}""", OfTheModel, "UNKNOWN", false)]
    // Another one finds risks that no event tells.
    [InlineData("""{"kind":"ConfirmRisky","confirm_unknown":false}""", """{"kind":"PatternSecurityAnalyzer"}""", "LOW", true)]
    [InlineData("""{"kind":"AlwaysConfirm"}""", OfTheModel, "LOW", true)]
    [InlineData("""{"kind":"NeverConfirm"}""", OfTheModel, "HIGH", false)]
    [InlineData("""{"kind":"ConfirmOnSundays"}""", OfTheModel, "LOW", true)]
    public void ReleaseAfter_HeldAction_IsZeroWhereNothingWillBeAsked(string policy, string analyzer, string risk, bool mayWait)
    {
        var log = new TranslatedLog(null)
            .AddTransient(_v1.Update("full_state", $$"""{"confirmation_policy":{{policy}},"security_analyzer":{{analyzer}}}"""))
            .Add(_v1.Action("TerminalAction", risk: risk));

        (log.Translator.ReleaseAfter > TimeSpan.Zero).Should().Be(mayWait);
    }

    [Theory]
    [InlineData("FinishAction")]
    [InlineData("ThinkAction")]
    public void ReleaseAfter_FinishOrThinkAlone_IsZero(string kind)
    {
        var log = new TranslatedLog("AlwaysConfirm").Add(_v1.Action(kind));

        log.Translator.ReleaseAfter.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public void ReleaseAfter_ThinkAmongOthers_IsNotZero()
    {
        var log = new TranslatedLog("AlwaysConfirm").Add(_v1.Action("ThinkAction", id: "a"), _v1.Action("TerminalAction", id: "b"));

        log.Translator.ReleaseAfter.Should().BePositive();
    }

    [Fact]
    public void ReleaseAfter_PolicyAndAnalyzerChangedInTheLog_GoesByTheNewOnes()
    {
        var log = new TranslatedLog("AlwaysConfirm")
            .Add(_v1.Update("confirmation_policy", """{"kind":"ConfirmRisky","threshold":"HIGH"}"""),
                _v1.Update("security_analyzer", OfTheModel),
                _v1.Action("TerminalAction", risk: "LOW"));

        log.Translator.ReleaseAfter.Should().Be(TimeSpan.Zero);
    }

    /// <summary>V1 asks about all that a model wanted at once when it asks about one of it.</summary>
    [Fact]
    public void Translate_HarmlessActionShownBeforeARiskyOneOfTheSameAnswer_WaitsWithIt()
    {
        var log = new TranslatedLog("ConfirmRisky").Add(_v1.Action("TerminalAction", id: "before")).Release();
        log.Add(OfAnswer(_v1.Action("TerminalAction", id: "a", risk: "LOW"))).Release();

        log.Add(OfAnswer(_v1.Action("TerminalAction", id: "b", risk: "HIGH")), _v1.Status("waiting_for_confirmation"));

        log.Words.Should().Equal("run", "run", "=awaiting_user_confirmation", "run", "run");
        log.Events.Skip(3).Should().OnlyContain(static e => e["args"].Text("confirmation_state") == "awaiting_confirmation");
        log.Translator.Context.Awaiting.Select(static action => action.V1Id).Should().Equal("a", "b");
    }

    private static JObject OfAnswer(JObject actionEvent)
    {
        actionEvent["llm_response_id"] = "chatcmpl-1";
        return actionEvent;
    }
}
