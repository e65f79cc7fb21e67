using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// What a conversation's confirmation policy and security analyzer say of an action before V1 says whether it waits (PROTOCOL.md, "V1
/// confirmation"). Where they cannot tell, it may wait. Immutable.
/// </summary>
internal sealed record ConfirmationRules
{
    /// <summary>Nothing is known yet: every action may wait.</summary>
    public static readonly ConfirmationRules Unknown = new();

    private const string AnalyzerOfTheModel = "LLMSecurityAnalyzer";

    // V1's own default of a policy without threshold.
    private const int HighRisk = 2;

    /// <summary>The policy as V1 gave it; null as long as it is unknown.</summary>
    public JObject? Policy { get; init; }

    /// <summary>The analyzer's kind, empty for a conversation that has none; null as long as it is unknown.</summary>
    public string? Analyzer { get; init; }

    /// <param name="policy">Copied: what it is a part of may be large. Null: nothing new.</param>
    public ConfirmationRules WithPolicy(JObject? policy) => policy is null ? this : this with { Policy = (JObject)policy.DeepClone() };

    /// <param name="holder">
    /// V1's state, or what it tells of a conversation: no <c>security_analyzer</c> in it means that there is none.
    /// </param>
    public ConfirmationRules With(JObject holder) => holder.Object("confirmation_policy") is { } policy
        ? WithPolicy(policy) with { Analyzer = KindOf(holder["security_analyzer"]) }
        : this;

    public ConfirmationRules WithAnalyzer(JToken? analyzer) => this with { Analyzer = KindOf(analyzer) };

    /// <summary>Whether V1 may wait for the user before it executes these, which a model asked for together.</summary>
    /// <param name="isOnlyTalk">There is one, and it is a thought or the end: those are never asked about.</param>
    public bool MayAsk(IEnumerable<int> risks, bool isOnlyTalk) => !isOnlyTalk && Policy.Text("kind") switch
    {
        "NeverConfirm" => false,
        "ConfirmRisky" => risks.Any(MayAskAbout),
        _ => true,
    };

    /// <summary>Without an analyzer every risk is unknown; one that is not the model's own finds risks that no event tells.</summary>
    private bool MayAskAbout(int risk) => Analyzer switch
    {
        "" => AsksAbout(ToolActions.UnknownRisk),
        AnalyzerOfTheModel => AsksAbout(risk),
        _ => true,
    };

    private bool AsksAbout(int risk) => risk == ToolActions.UnknownRisk
        ? Policy?["confirm_unknown"] is not JValue { Type: JTokenType.Boolean, Value: false }
        : risk >= (Policy.TextOrNull("threshold") is { } threshold ? ToolActions.Risk(threshold) : HighRisk);

    private static string KindOf(JToken? analyzer) => analyzer is JObject known ? known.TextOrNull("kind") ?? "unknown" : "";
}
