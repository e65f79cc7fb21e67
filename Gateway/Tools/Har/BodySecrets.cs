using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Har;

/// <summary>
/// Takes the secrets out of the bodies of REST calls, in both directions: keys in settings, secrets, tokens of git providers, what MCP
/// servers are given. A secret that was seen once is taken out wherever it comes again. Any thread.
/// </summary>
internal sealed partial class BodySecrets(Func<string, string> replace)
{
    // Shorter ones would be found in ordinary words.
    private const int ShortestSought = 6;

    private static readonly string[] s_namesOfSecrets = ["value", "secret"];

    // Whatever text stands directly in them is a secret: an old client's tokens have no names of their own.
    private static readonly string[] s_openContainers = ["env", "headers", "provider_tokens", "custom_secrets"];

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    /// <returns>Null when the body must not be kept: it is about secrets and cannot be read.</returns>
    public string? Redact(string path, string body)
    {
        if (body.Length == 0)
        {
            return body;
        }

        if (JsonTree.ReadOrNull(body) is not { } json)
        {
            return SecretRoute().IsMatch(path) ? null : Sought(body);
        }

        var isOfSecretRoute = SecretRoute().IsMatch(path);
        if (isOfSecretRoute && json is JValue { Value: not null })
        {
            // No object, so nothing says what it is.
            return null;
        }

        var isOfSecrets = path.Contains("/api/secrets", StringComparison.Ordinal);
        var changed = Redact(json, new Scope(isOfSecrets, isOfSecretRoute, IsOpen: false));
        return Sought(changed ? json.ToString(Formatting.None) : body);
    }

    /// <summary>An address without its password, and without what its query holds of keys and tokens.</summary>
    public string RedactAddress(string url) =>
        UserInfo().Replace(SecretParameter().Replace(url, ReplaceValue), ReplaceValue);

    public static bool IsSecretHeader(string name) => SecretHeader().IsMatch(name);

    /// <summary>Takes out what stands below names of secrets; the tree is changed.</summary>
    public void RedactTree(JToken json) => Redact(json, default(Scope));

    private string ReplaceValue(Match match)
    {
        var value = match.Groups["value"];
        var place = value.Index - match.Index;
        return string.Concat(match.Value.AsSpan(0, place), Name(value.Value), match.Value.AsSpan(place + value.Length));
    }

    private bool Redact(JToken json, Scope scope)
    {
        var changed = false;
        foreach (var child in json.Children().ToList())
        {
            changed |= child is JProperty property ? Redact(property, json, scope) : Redact(child, scope);
        }

        return changed;
    }

    private bool Redact(JProperty property, JToken owner, Scope scope)
    {
        var (name, value) = (property.Name, property.Value);
        var isSecret = SecretName().IsMatch(name)
            || (scope.IsOpen && value is JValue)
            || (scope.OfSecrets && s_namesOfSecrets.Contains(name))
            || (name == "input" && IsAboutSecret(owner, scope));
        if (isSecret)
        {
            return ReplaceAll(value);
        }

        return value.AsText() is { } text
            ? name.EndsWith("url", StringComparison.OrdinalIgnoreCase) && TryReplaceAddress(value, text)
            : name == "args" && value is JArray words
            ? RedactWords(words)
            : Redact(value, scope with { IsOpen = IsOpen(name, value) });
    }

    // The list of secrets that V0 shows holds their names alone.
    private static bool IsOpen(string name, JToken value) =>
        s_openContainers.Contains(name) && (name != "custom_secrets" || value is JObject);

    // A fault's location names the field, and its input repeats what was sent: of a whole body, all of it.
    private static bool IsAboutSecret(JToken fault, Scope scope) =>
        fault.Member("loc") is JArray location
        && ((scope.OfSecretRoute && location.Count <= 1) || location.Any(static name => name.AsText() is { } text
            && (SecretName().IsMatch(text) || s_namesOfSecrets.Contains(text) || s_openContainers.Contains(text))));

    // Below a secret's name all is secret: a list of keys, an object around one, a number.
    private bool ReplaceAll(JToken value)
    {
        if (value is not JValue single)
        {
            var changed = false;
            foreach (var child in value.Children().ToList())
            {
                changed |= ReplaceAll(child is JProperty property ? property.Value : child);
            }

            return changed;
        }

        if (single.Type is JTokenType.Null or JTokenType.Boolean
            || single.ToString(CultureInfo.InvariantCulture) is not { Length: > 0 } secret
            || secret.All(static c => c == '*'))
        {
            return false;
        }

        single.Replace(Name(secret));
        return true;
    }

    // A command's own words: what follows an option that is called like a secret, or stands in one.
    private bool RedactWords(JArray words)
    {
        var changed = false;
        var isSecret = false;
        foreach (var word in words.ToList())
        {
            var text = word.AsText() ?? "";
            if (isSecret && !text.StartsWith('-'))
            {
                changed |= ReplaceAll(word);
            }
            else if (SecretOption().Match(text) is { Success: true } option)
            {
                word.Replace(ReplaceValue(option));
                changed = true;
            }
            else
            {
                changed |= TryReplaceAddress(word, text);
            }

            isSecret = text.StartsWith('-') && SecretHeader().IsMatch(text);
        }

        return changed;
    }

    private bool TryReplaceAddress(JToken value, string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal) || RedactAddress(text) is var plain && plain == text)
        {
            return false;
        }

        value.Replace(plain);
        return true;
    }

    private string Name(string secret)
    {
        if (secret.Length >= ShortestSought)
        {
            _seen[secret] = true;
        }

        return replace(secret);
    }

    private string Sought(string text)
    {
        foreach (var secret in _seen.Keys)
        {
            text = text.Contains(secret, StringComparison.Ordinal) ? text.Replace(secret, replace(secret), StringComparison.Ordinal) : text;
        }

        return text;
    }

    /// <param name="OfSecrets">The route is that of secrets, where a value is one.</param>
    /// <param name="OfSecretRoute">The route takes secrets among other things.</param>
    /// <param name="IsOpen">What holds secrets under any names.</param>
    private readonly record struct Scope(bool OfSecrets, bool OfSecretRoute, bool IsOpen);

    [GeneratedRegex("(?:^|_)(?:api_?key|token|secret|password)$|^authorization$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex("token|secret|password|api[-_]?key|authorization|cookie|credential",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretHeader();

    [GeneratedRegex("""(?<=[?&])(?:[\w-]*(?:token|secret|password|key)|pwd|sig|signature)=(?<value>[^&#\s]+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretParameter();

    [GeneratedRegex("""(?<=^\w+://[^/?#@:\s]*:)(?<value>[^/?#@\s]+)(?=@)""", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    [GeneratedRegex("""^-*[\w-]*(?:token|secret|password|key)=(?<value>.+)$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretOption();

    [GeneratedRegex("/api/(?:settings|secrets|add-git-providers|store-)")]
    private static partial Regex SecretRoute();
}
