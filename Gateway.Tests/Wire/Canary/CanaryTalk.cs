using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Canary;

/// <summary>A short talk with whoever answers in a conversation. Stateless.</summary>
internal static class CanaryTalk
{
    /// <summary>What the echo agent says to it.</summary>
    public const string Echo = "You said: Hi";

    /// <summary>Connects, says "Hi" and gives what the agent says.</summary>
    public static async Task<string> SayAsync(ICuttableClient client, Visit visit)
    {
        await client.ConnectAsync(visit);
        await UntilAsync(client, static seen => seen.On == "connect");
        await client.EmitAsync(Actions.Message("Hi"));
        var answer = await UntilAsync(
            client,
            static seen => seen is { On: "event", Value: JObject json }
                && (string?)json["action"] == "message" && (string?)json["source"] == "agent");
        return (string?)answer.Value["args"]?["content"] ?? "";
    }

    private static async Task<Observation> UntilAsync(ICuttableClient client, Func<Observation, bool> isIt)
    {
        while (true)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            seen.On.Should().NotBe("refused", "{0}", seen.Value);
            if (isIt(seen))
            {
                return seen;
            }
        }
    }
}
