using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tools.History;
using Gateway.Tools.History.ToV1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.History;

/// <summary>V0 → V1 → V0 over every recorded store, and V1 → V0 → V1 → V0 over every recorded log: what is said stays said.</summary>
public sealed class HistoryRoundTripTests
{
    private static readonly Guid s_id = Guid.Parse("0123456789abcdef0123456789abcdef");

    public static TheoryData<string> Stores => [.. V0Stores.Names];

    public static TheoryData<string> Logs => [.. V1Recording.Names];

    [Theory]
    [MemberData(nameof(Stores))]
    public void Translate_RecordedStore_KeepsMessagesCallsAndResults(string name)
    {
        var events = V0Stores.Read(name);

        var history = HistoryTranslator.Translate(s_id, events);

        ShouldSayTheSame(events, history);
    }

    [Theory]
    [MemberData(nameof(Logs))]
    public void Translate_WhatV0SeesOfARecordedV1Log_KeepsMessagesCallsAndResults(string name)
    {
        var events = Back(V1Recording.Load(name).Log).Select(static (one, id) => (id, one)).ToList();

        var history = HistoryTranslator.Translate(s_id, events);

        ShouldSayTheSame(events, history);
    }

    /// <summary>V1 refuses the whole conversation where its log has what it does not know, and runs what is left open.</summary>
    [Theory]
    [MemberData(nameof(Stores))]
    public void Translate_RecordedStore_KeepsV1sRules(string name)
    {
        var history = HistoryTranslator.Translate(s_id, V0Stores.Read(name));

        var events = history.Events;
        events[0].Text("kind").Should().Be("SystemPromptEvent");
        events.Should().ContainSingle(static one => one.Text("kind") == "SystemPromptEvent");
        events.Select(static one => one.Text("id")).Should().OnlyHaveUniqueItems();
        events.Should().AllSatisfy(static one => RecordedV1Shapes.ShouldFit(one));
        history.V0Ids.Should().HaveCount(events.Count);
        var read = events.Where(static one => one.Text("kind") != "ConversationStateUpdateEvent").ToList();
        var calls = read.Where(static one => one.Text("kind") == "ActionEvent").ToList();
        calls.Select(static one => one.Text("tool_call_id")).Should().OnlyHaveUniqueItems();
        foreach (var call in calls)
        {
            var result = read[read.IndexOf(call) + 1];
            result.Text("tool_call_id").Should().Be(call.Text("tool_call_id"), "a result stands right behind its call");
            (result.TextOrNull("action_id") ?? call.Text("id")).Should().Be(call.Text("id"));
        }

        read.Count(static one => one["tool_call_id"] is not null).Should().Be(2 * calls.Count);
        foreach (var batch in calls.GroupBy(static one => one.Text("llm_response_id")))
        {
            batch.Skip(1).Should().NotContain(static one => one["thought"]!.Any(), "a batch has one thought");
        }
    }

    private static void ShouldSayTheSame(IReadOnlyList<(int V0Id, JObject Event)> events, V1History history)
    {
        var lost = history.Losses.All.Where(static one => one.Loss.IsContent).SelectMany(static one => one.V0Ids).ToHashSet();
        var noResults = history.Losses.All.Where(static one => one.Loss == HistoryLoss.NoResult).Sum(static one => one.V0Ids.Count);
        var made = history.Losses.All
            .Where(static one => one.Loss == HistoryLoss.LooseResult || one.Loss == HistoryLoss.SecondResult)
            .SelectMany(static one => one.V0Ids)
            .Count(id => events.Single(one => one.V0Id == id).Event.Text("observation") != "error");
        var said = events.Where(one => !lost.Contains(one.V0Id)).Select(static one => one.Event).ToList();

        var back = Back(history.Events);

        V0Content.Messages(back).Should().Equal(V0Content.Messages(said));
        V0Content.Prompts(back).Should().BeSubsetOf(V0Content.Prompts(said).Append(V0Content.Prompts(back).First()));
        var calls = V0Content.Calls(back).ToList();
        calls.Should().HaveCount(V0Content.Calls(said).Count() + made);
        V0Content.Calls(said).Should().BeSubsetOf(calls);
        var results = V0Content.Results(back).ToList();
        results.RemoveAll(static text => text.StartsWith("This call has no result", StringComparison.Ordinal)).Should().Be(noResults);
        results.Should().BeEquivalentTo(V0Content.Results(said));
        lost.Should().BeEmpty("no recording has what V1 cannot hold");
    }

    private static List<JObject> Back(IEnumerable<JObject> log)
    {
        var builder = new V0LogBuilder(TimeProvider.System);
        foreach (var one in log)
        {
            builder.Add(one);
        }

        builder.End();
        return
        [
            .. builder.Events.Select(static one =>
                JsonTree.TryReadObject(Encoding.UTF8.GetString(one.Json.Span), out var json) ? json : throw new InvalidDataException()),
        ];
    }
}
