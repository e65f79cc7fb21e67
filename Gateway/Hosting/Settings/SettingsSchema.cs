using System.Collections;

using Newtonsoft.Json.Linq;

namespace Gateway.Hosting.Settings;

/// <summary>
/// The JSON schema of <c>appsettings.json</c>, for editors that complete and check it: every setting with its type, its values, its default
/// and the words of the page of settings. Source: JSON Schema draft 2020-12. Pure.
/// </summary>
internal static class SettingsSchema
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    // [d.]hh:mm:ss[.fffffff], as TimeSpan reads it.
    private const string TimeSpanPattern = @"^-?(\d+\.)?\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,7})?)?$";

    public static JObject Create()
    {
        var schema = new JObject
        {
            ["$schema"] = Dialect,
            ["title"] = "Settings of Gateway (appsettings.json)",
            ["type"] = "object",
            ["properties"] = new JObject
            {
                ["urls"] = new JObject
                {
                    ["type"] = "string",
                    ["description"] = SettingDescriptions.Of("urls"),
                    ["default"] = ListenAddresses.Default,
                },
            },
        };
        foreach (var setting in KnownSettings.All)
        {
            var names = setting.Key.Split(':');
            var parent = names[..^1].Aggregate(schema, GroupOf);
            PropertiesOf(parent)[names[^1]] = SchemaOf(setting);
        }

        return schema;
    }

    private static JObject GroupOf(JObject parent, string name)
    {
        var properties = PropertiesOf(parent);
        if (properties[name] is not JObject group)
        {
            properties[name] = group = new JObject
            {
                ["type"] = "object",
                ["properties"] = new JObject(),
                ["additionalProperties"] = false,
            };
            if (parent.Parent is null && SettingDescriptions.OfSection(name) is { } words)
            {
                group["description"] = words;
            }
        }

        return group;
    }

    private static JObject PropertiesOf(JObject group) => (JObject)group["properties"]!; // Made with it.

    private static JObject SchemaOf(KnownSetting setting)
    {
        var one = TypeOf(setting);
        var schema = setting.Shape switch
        {
            SettingShape.List => new JObject { ["type"] = "array", ["items"] = one },
            SettingShape.Map => new JObject { ["type"] = "object", ["additionalProperties"] = one },
            _ => one,
        };
        if (DefaultOf(setting) is { } standard)
        {
            schema["default"] = standard;
        }

        schema["description"] = V0Settings.ShortNameOf(setting.Key) is { } name
            ? $"{SettingDescriptions.Of(setting.Key)} In the environment also {name}."
            : SettingDescriptions.Of(setting.Key);
        return schema;
    }

    private static JObject TypeOf(KnownSetting setting)
    {
        if (setting.Values.Count > 0)
        {
            return new JObject { ["enum"] = new JArray(setting.Values) };
        }

        var type = setting.Type;
        return type == typeof(bool) ? new JObject { ["type"] = "boolean" }
            : type == typeof(TimeSpan) ? new JObject { ["type"] = "string", ["pattern"] = TimeSpanPattern }
            : type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? new JObject { ["type"] = "number" }
            : type.IsPrimitive ? new JObject { ["type"] = "integer" }
            : new JObject { ["type"] = "string" };
    }

    private static JToken? DefaultOf(KnownSetting setting) => setting.Default switch
    {
        null or "" => null,
        string or bool or int or long or double => JToken.FromObject(setting.Default),
        IDictionary => null,
        IEnumerable values => values.Cast<object>().Select(EffectiveSettings.TextOf).ToList() is { Count: > 0 } texts
            ? new JArray(texts)
            : null,
        var other => EffectiveSettings.TextOf(other),
    };
}
