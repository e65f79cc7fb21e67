using Gateway.Agents.V1.Translation;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>Stands in for a conversation: gives ids to what a translator puts out, and keeps it. Used by one test.</summary>
internal sealed class TranslatedLog
{
    private readonly Dictionary<string, List<int>> _v0Ids = [];
    private string _v1Id = "";

    public TranslatedLog(string? confirmationPolicy = "NeverConfirm")
    {
        var policy = confirmationPolicy is null ? null : new JObject { ["kind"] = confirmationPolicy };
        Translator = new EventTranslator(new TranslationContext { Confirmation = ConfirmationRules.Unknown.WithPolicy(policy) });
    }

    public EventTranslator Translator { get; }

    public List<JObject> Events { get; } = [];

    public List<JObject> TransientMessages { get; } = [];

    public TranslatedLog Add(params JObject[] v1Events)
    {
        foreach (var v1Event in v1Events)
        {
            _v1Id = v1Event.Text("id");
            foreach (var id in MessageTranslator.ForgottenIds(v1Event))
            {
                Translator.Context.V0Ids.TryAdd(id, [.. _v0Ids.GetValueOrDefault(id) ?? []]);
            }

            Apply(Translator.Translate(v1Event));
            Translator.Context.V0Ids.Clear();
        }

        return this;
    }

    public TranslatedLog AddTransient(JObject v1Event)
    {
        Apply(Translator.TranslateTransient(v1Event));
        return this;
    }

    public TranslatedLog Release()
    {
        Apply(Translator.Release());
        return this;
    }

    /// <summary>Each event in a word: <c>run</c>, <c>run!</c> for an observation, <c>=running</c> for a state.</summary>
    public IEnumerable<string> Words => Events.Select(static e =>
        (string?)e["observation"] == "agent_state_changed" ? $"={e["extras"]!["agent_state"]}"
        : e["observation"] is { } observation ? $"{observation}!" : (string)e["action"]!);

    private void Apply(IReadOnlyList<TranslationOutput> outputs)
    {
        foreach (var output in outputs)
        {
            if (output.IsTransientMessage)
            {
                TransientMessages.Add(output.Json);
                continue;
            }

            var draft = (JObject)output.Resolve().DeepClone();
            draft["source"] = output.Source.ToString().ToLowerInvariant();
            draft.AddFirst(new JProperty("id", Events.Count));
            output.Appended(Events.Count);
            var v1Id = output.Announces?.V1Id ?? _v1Id;
            _v0Ids[v1Id] = [.. _v0Ids.GetValueOrDefault(v1Id) ?? [], Events.Count];
            output.Source.Should().NotBe(EventSource.Unknown);
            Events.Add(draft);
        }
    }
}
