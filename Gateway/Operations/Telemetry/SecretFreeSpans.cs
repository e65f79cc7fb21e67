using System.Diagnostics;

using Gateway.Primitives;

using OpenTelemetry;

namespace Gateway.Operations.Telemetry;

/// <summary>
/// Takes the queries of URLs, in which clients show their keys, and whatever else looks like a secret out of every span before it is sent,
/// whoever has recorded it and whatever was set about that. Any thread.
/// </summary>
internal sealed class SecretFreeSpans : BaseProcessor<Activity>
{
    private const string Query = "url.query";

    public override void OnEnd(Activity data)
    {
        // A span is not changed while it is looked through.
        List<KeyValuePair<string, string?>>? changes = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && Clean(tag.Key, text) is var clean && clean != text)
            {
                (changes ??= []).Add(new KeyValuePair<string, string?>(tag.Key, clean));
            }
        }

        foreach (var (key, value) in changes ?? [])
        {
            data.SetTag(key, value);
        }

        data.DisplayName = SecretRedactor.ForLogs.RedactText(data.DisplayName);
        if (data.StatusDescription is { } description)
        {
            data.SetStatus(data.Status, SecretRedactor.ForLogs.RedactText(description));
        }
    }

    // Null removes the tag.
    private static string? Clean(string key, string text)
    {
        if (key == Query)
        {
            return null;
        }

        var start = text.Contains("://", StringComparison.Ordinal) ? text.IndexOf('?', StringComparison.Ordinal) : -1;
        return SecretRedactor.ForLogs.RedactText(start < 0 ? text : text[..start]);
    }
}
