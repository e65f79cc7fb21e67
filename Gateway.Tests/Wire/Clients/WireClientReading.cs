using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>The ways in which tests read what a client saw. Each waits for what it names, up to a limit.</summary>
internal static class WireClientReading
{
    /// <summary>Reads on until each kind of observation has come; of each the first is given.</summary>
    public static async Task<IReadOnlyDictionary<string, JToken>> ReadAsync(this IWireClient client, params string[] kinds)
    {
        var found = new Dictionary<string, JToken>();
        while (!kinds.All(found.ContainsKey))
        {
            var seen = await client.NextAsync($"{string.Join(", ", kinds)} after {string.Join(", ", found.Keys)}");
            found.TryAdd(seen.On, seen.Value);
        }

        return found;
    }

    /// <summary>Reads on until the client is connected and has seen so many numbered events; gives their ids.</summary>
    public static async Task<IReadOnlyList<int>> ReadEventsAsync(this IWireClient client, int count, string? transport = null)
    {
        var events = new List<JToken>();
        JToken? connected = null;
        while (connected is null || events.Count < count)
        {
            var seen = await client.NextAsync($"connect ({connected}) and event {events.Count} of {count}");
            switch (seen.On)
            {
                case "connect":
                    connected = seen.Value;
                    break;
                case "event" when IdOf(seen.Value) is not null:
                    events.Add(seen.Value);
                    break;
            }
        }

        if (transport is not null)
        {
            connected.Value<string>().Should().Be(transport);
        }

        return [.. events.Select(IdOf).OfType<int>()];
    }

    /// <summary>Reads events until the agent waits for its user again, after it ran.</summary>
    public static async Task<IReadOnlyList<JToken>> ReadTurnAsync(this IWireClient client)
    {
        var events = new List<JToken>();
        var states = new List<string>();
        // A client whose threads race may show the states in any order: both have to come.
        while (!(states.Contains("running") && states.Contains("awaiting_user_input") && events.Exists(IsAnswer)))
        {
            var seen = await client.NextAsync($"the turn's end after {events.Count} events, states {string.Join(", ", states)}");
            if (seen.On == "event")
            {
                events.Add(seen.Value);
                states.AddRange([.. new[] { seen.Value["extras"]?.Value<string>("agent_state") }.OfType<string>()]);
            }
        }

        return events;
    }

    /// <summary>
    /// Reads on to the next observation of a kind; an event without a number is passed over. A disconnect fails the test.
    /// </summary>
    public static async Task<JToken> ReadOneAsync(this IWireClient client, string kind)
    {
        while (true)
        {
            var seen = await client.NextAsync(kind);
            if (seen.On == kind && (kind != "event" || IdOf(seen.Value) is not null))
            {
                return seen.Value;
            }

            seen.On.Should().NotBe("disconnect");
        }
    }

    /// <summary>Reads on until so many numbered events have come.</summary>
    public static async Task<List<JToken>> ReadNumberedAsync(this IWireClient client, int count)
    {
        var events = new List<JToken>();
        while (events.Count < count)
        {
            events.Add(await client.ReadOneAsync("event"));
        }

        return events;
    }

    /// <summary>An event's number; null for what has none, or a status update's word in its place.</summary>
    public static int? IdOf(JToken json) => json["id"] is { Type: JTokenType.Integer } id ? id.Value<int>() : null;

    private static bool IsAnswer(JToken json) => json.Value<string>("action") == "message" && json.Value<string>("source") == "agent";

    private static async Task<Observation> NextAsync(this IWireClient client, string waitingFor)
    {
        try
        {
            return await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The client still waits for {waitingFor}.");
        }
    }
}
