using System.Globalization;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Which metadata V0 0.62 can read, and what it says of the rest (PROTOCOL.md, "V0 conversations"): what it cannot read it leaves out of
/// its lists. Unknown fields harm nothing. Pure.
/// </summary>
internal static class MetadataRules
{
    /// <summary>Why a list leaves out metadata that is no JSON object.</summary>
    public const string DamagedProblem = "its metadata is damaged";

    /// <summary>How a conversation may have come about.</summary>
    public static readonly IReadOnlyList<string> Triggers =
        ["resolver", "gui", "suggested_task", "openhands_api", "slack", "microagent_management", "jira", "jira_dc", "linear", "bitbucket"];

    /// <summary>Where a repository may be.</summary>
    public static readonly IReadOnlyList<string> Providers = ["github", "gitlab", "bitbucket", "enterprise_sso"];

    private static readonly string[] s_texts = ["user_id", "selected_branch"];
    private static readonly string[] s_counts = ["prompt_tokens", "completion_tokens", "total_tokens"];

    /// <summary>Null when V0 can read it.</summary>
    public static MetadataDamage? FindDamage(JObject metadata)
    {
        if (!metadata.ContainsKey("created_at"))
        {
            return new MetadataDamage("its created_at is missing", IsUnknown: true);
        }

        var faults = new Faults(metadata);
        faults.RequireText("conversation_id");
        faults.RequireTextOrNull("selected_repository");
        foreach (var name in s_texts)
        {
            faults.CheckText(name);
        }

        // Later versions know more providers, and their stores are read as well.
        faults.CheckWord("git_provider", Providers, "azure_devops");
        faults.CheckText("title");
        faults.CheckTime("last_updated_at", mayBeNull: true);
        faults.CheckWord("trigger", Triggers);
        faults.CheckNumbers("pr_number");
        faults.CheckTime("created_at", mayBeNull: false);
        faults.CheckText("llm_model");
        faults.CheckNumber("accumulated_cost", "float_type", "Input should be a valid number");
        foreach (var name in s_counts)
        {
            faults.CheckNumber(name, "int_type", "Input should be a valid integer");
        }

        faults.CheckText("sandbox_id");
        return faults.Damage;
    }

    /// <summary>What V0's parser says of a text that is no JSON object.</summary>
    public static MetadataDamage DamageOf(string content)
    {
        if (JsonFault.Find(content) is { } fault)
        {
            return new MetadataDamage(fault.Describe(content));
        }

        // A list or a text that does not hold the word is taken for an object without the field.
        var holdsDate = content.Contains("\"created_at\"", StringComparison.Ordinal);
        return content.TrimStart() is ['[' or '"', ..] && !holdsDate
            ? new MetadataDamage("it is no JSON object", IsUnknown: true)
            : new MetadataDamage("it is no JSON object");
    }

    /// <summary>Collects what is wrong, in the order of V0's fields.</summary>
    private sealed class Faults(JObject metadata)
    {
        private const int MaxShownValue = 50;

        private readonly List<string> _lines = [];

        public MetadataDamage? Damage => _lines.Count == 0
            ? null
            : new MetadataDamage(string.Create(
                CultureInfo.InvariantCulture,
                $"{_lines.Count} validation error{(_lines.Count == 1 ? "" : "s")} for ConversationMetadata\n{string.Join('\n', _lines)}"));

        public void RequireText(string name)
        {
            if (metadata[name] is { Type: JTokenType.Null } nothing)
            {
                Add(name, "string_type", "Input should be a valid string", nothing);
                return;
            }

            RequireTextOrNull(name);
        }

        public void RequireTextOrNull(string name)
        {
            if (!metadata.ContainsKey(name))
            {
                Add(name, "missing", "Field required", metadata);
                return;
            }

            CheckText(name);
        }

        public void CheckText(string name)
        {
            if (metadata[name] is { Type: not (JTokenType.Null or JTokenType.String) } value)
            {
                Add(name, "string_type", "Input should be a valid string", value);
            }
        }

        public void CheckWord(string name, IReadOnlyList<string> words, string? alsoTaken = null)
        {
            if (metadata[name] is not { Type: not JTokenType.Null } value)
            {
                return;
            }

            if (value.AsText() is not { } word || (!words.Contains(word) && word != alsoTaken))
            {
                var quoted = words.Select(static known => $"'{known}'").ToList();
                var expected = $"{string.Join(", ", quoted.SkipLast(1))} or {quoted[^1]}";
                Add(name, "enum", $"Input should be {expected}", value);
            }
        }

        public void CheckTime(string name, bool mayBeNull)
        {
            var value = metadata[name];
            if (value is null || (mayBeNull && value.Type == JTokenType.Null) || MetadataTime.TryParse(value, out _))
            {
                return;
            }

            if (value.AsText() is { } text)
            {
                Add(
                    name,
                    "datetime_from_date_parsing",
                    $"Input should be a valid datetime or date, {MetadataTime.FaultOf(text)}",
                    value);
                return;
            }

            Add(name, "datetime_type", "Input should be a valid datetime", value);
        }

        public void CheckNumbers(string name)
        {
            switch (metadata[name])
            {
                case null:
                    return;
                case JArray list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (!IsWhole(list[i]))
                        {
                            Add(
                                string.Create(CultureInfo.InvariantCulture, $"{name}.{i}"),
                                "int_type",
                                "Input should be a valid integer",
                                list[i]);
                        }
                    }

                    return;
                case { } other:
                    Add(name, "list_type", "Input should be a valid list", other);
                    return;
            }
        }

        public void CheckNumber(string name, string type, string message)
        {
            if (metadata[name] is { } value && !(type == "int_type" ? IsWhole(value) : NumberOf(value) is not null))
            {
                Add(name, type, message, value);
            }
        }

        private static bool IsWhole(JToken value) => NumberOf(value) is { } number && number == Math.Floor(number);

        private static double? NumberOf(JToken value) => value switch
        {
            { Type: JTokenType.Boolean } => 1,
            { Type: JTokenType.String } when double.TryParse(
                value.AsText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => value.AsNumber(),
        };

        private static string TypeOf(JToken value) => value.Type switch
        {
            JTokenType.Null => "NoneType",
            JTokenType.String => "str",
            JTokenType.Boolean => "bool",
            JTokenType.Array => "list",
            JTokenType.Object => "dict",
            JTokenType.Integer => "int",
            _ => value.ToString().AsSpan().ContainsAny(".eE") ? "float" : "int",
        };

        private static string Shown(JToken value)
        {
            var text = PythonText.Repr(value);
            return text.Length <= MaxShownValue ? text : $"{text[..(MaxShownValue / 2)]}...{text[^((MaxShownValue / 2) - 1)..]}";
        }

        private void Add(string name, string type, string message, JToken value) => _lines.Add(
            $"{name}\n  {message} [type={type}, input_value={Shown(value)}, input_type={TypeOf(value)}]\n"
            + $"    For further information visit https://errors.pydantic.dev/2.11/v/{type}");
    }
}
