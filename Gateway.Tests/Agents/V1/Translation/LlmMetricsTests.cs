using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>V1's costs in V0's form: that of V0's own recordings.</summary>
public sealed class LlmMetricsTests
{
    [Fact]
    public void From_RecordedStats_HasTheFormOfV0sOwn()
    {
        var ofV0 = Directory
            .EnumerateFiles(Repository.PathOf("protocol-fixtures", "v0", "new-conversation", "store-after"), "*.json",
                SearchOption.AllDirectories)
            .Where(static file => int.TryParse(Path.GetFileNameWithoutExtension(file), out _))
            .Select(static file => V1Recording.ReadObject(file).Object("llm_metrics"))
            .First(static metrics => metrics is not null)!;
        var stats = V1Recording.Load("v1-1.58/condensation").Log.Last(static e => e.Text("key") == "stats").Object("value")!;

        var made = LlmMetrics.From(stats)!;

        FormOf(made).Should().Equal(FormOf(ofV0));
        // The condenser's model counts as well as the agent's.
        var all = stats.Object("usage_to_metrics")!.PropertyValues().ToList();
        all.Should().HaveCountGreaterThan(1);
        made.Number("accumulated_cost").Should().BeApproximately(all.Sum(static usage => usage.Number("accumulated_cost")), 1e-12);
        made.Object("accumulated_token_usage").Number("prompt_tokens")
            .Should().Be(all.Sum(static usage => usage.Object("accumulated_token_usage").Number("prompt_tokens")));
    }

    /// <summary>Of every V1 version, each action of the agent after the first stats says what it has cost so far, and never less.</summary>
    [Theory]
    [InlineData("v1-1.58/task-session")]
    [InlineData("v1-1.58/condensation")]
    [InlineData("v1/task-events")]
    public void Translate_ActionsOfTheAgent_CarryTheCostsSoFar(string name)
    {
        var log = new TranslatedLog().Add([.. V1Recording.Load(name).Log]);

        var costs = log.Events
            .Where(static e => e.Text("source") == "agent" && e.Text("action") is not ("" or "system" or "condensation_request"))
            .Select(static e => e.Object("llm_metrics").Number("accumulated_cost"))
            .ToList();
        costs.Should().BeInAscendingOrder().And.OnlyContain(static cost => cost > 0);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"usage_to_metrics":{}}""")]
    [InlineData("""{"usage_to_metrics":{"agent":null}}""")]
    public void From_StatsWithoutNumbers_IsNothing(string stats) => LlmMetrics.From(JObject.Parse(stats)).Should().BeNull();

    /// <summary>Names in their order, with their types; numbers are numbers.</summary>
    private static IEnumerable<string> FormOf(JObject json) => json.Properties().SelectMany(static property => property.Value switch
    {
        JObject inner => FormOf(inner).Select(name => $"{property.Name}.{name}"),
        var value when value.AsNumber() is not null => [$"{property.Name}: number"],
        var value => [$"{property.Name}: {value.Type}"],
    });
}
