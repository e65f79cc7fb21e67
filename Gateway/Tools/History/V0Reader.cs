using System.Globalization;

using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tools.Copy;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>Reads a conversation's V0 log whole, or says why it is not whole. Stateless.</summary>
internal static class V0Reader
{
    /// <param name="log">The log.</param>
    /// <param name="mayHaveGaps">Events that are not there are no fault: V0 itself leaves gaps, rarely.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    public static async Task<(IReadOnlyList<(int V0Id, JObject Event)> Events, string? Problem)> ReadAsync(
        IEventLog log, bool mayHaveGaps, CancellationToken cancellationToken)
    {
        var events = new List<(int, JObject)>();
        var next = 0;
        await using var reader = new RawEventReader(log, 0, log.Head, cancellationToken);
        while (await reader.NextAsync() is { } raw)
        {
            if (raw.Id > next && !mayHaveGaps)
            {
                return ([], string.Create(
                    CultureInfo.InvariantCulture,
                    $"event {next} is missing, and there are later ones: it is copied by half, or V0 has left it out (--allow-gaps)"));
            }

            if (raw.Fault is { } fault)
            {
                return ([], $"event {raw.Id} cannot be read: {fault.Problem}");
            }

            if (!JsonTree.TryReadObject(raw.Stored.Json.Span, out var json))
            {
                return ([], $"event {raw.Id} cannot be read: it is no JSON object");
            }

            events.Add((raw.Id, json));
            next = raw.Id + 1;
        }

        return (events, null);
    }
}
