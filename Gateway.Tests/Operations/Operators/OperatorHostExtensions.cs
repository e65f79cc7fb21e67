using Gateway.Operations.Operators.Clients;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.Operators;

/// <summary>What tests of the operators' page reach for. Stateless.</summary>
internal static class OperatorHostExtensions
{
    public static ClientLedger Ledger(this GatewayHost host) => host.Services.GetRequiredService<ClientLedger>();

    /// <summary>Reads on until an event is one like this, numbered or not.</summary>
    public static async Task<JToken> UntilEventAsync(this IWireClient client, Func<JToken, bool> isIt)
    {
        while (true)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On == "event" && isIt(seen.Value))
            {
                return seen.Value;
            }
        }
    }
}
