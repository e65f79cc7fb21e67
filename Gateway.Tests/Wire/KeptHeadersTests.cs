using Gateway.EngineIO;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Wire;

/// <summary>The headers that layers need are kept, whatever else an operator wants to be kept.</summary>
public class KeptHeadersTests
{
    private const string Key = "a-session-key";

    [Theory]
    [InlineData("Engine:KeptHeaders:0=x-tenant")]
    [InlineData("Engine:KeptHeaders=")]
    public async Task Connect_KeyInItsHeader_IsLetInWhateverTheSetting(string setting)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}", "CreateUnknown=true", setting);
        using var client = await RawEngineClient.OpenAsync(
            host.Address.Port, "/socket.io/", "&conversation_id=one&latest_event_id=-1", headers: $"X-Session-API-Key: {Key}");

        await client.SendTextAsync("40");

        (await client.ReadTextAsync()).Should().StartWith("40{");
        var options = host.Services.GetRequiredService<IOptions<EngineOptions>>().Value;
        options.HandshakeHeaders.Should().OnlyHaveUniqueItems().And.Contain("x-session-api-key");
    }
}
