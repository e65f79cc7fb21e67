using Gateway.EngineIO;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.EngineIO;

public class EngineOptionsValidatorTests
{
    [Fact]
    public void Value_NoSettings_IsV0sDefaults()
    {
        var options = Bind([]);

        options.PingInterval.Should().Be(TimeSpan.FromSeconds(25));
        options.PingTimeout.Should().Be(TimeSpan.FromSeconds(20));
        options.MaxPayloadBytes.Should().Be(4_194_304);
        options.AllowsAnyOrigin.Should().BeTrue();
    }

    [Fact]
    public void Value_Settings_AreTaken()
    {
        var options = Bind(new()
        {
            ["Engine:PingInterval"] = "00:00:00.050",
            ["Engine:AllowedOrigins:0"] = "https://example.org:8443",
            ["Engine:KeptHeaders:0"] = "x-tenant",
            ["Engine:LogQueryKeys:0"] = "conversation_id",
        });

        options.PingInterval.Should().Be(TimeSpan.FromMilliseconds(50));
        options.AllowsAnyOrigin.Should().BeFalse();
        options.KeptHeaders.Should().Equal("x-tenant");
        options.LogQueryKeys.Should().Equal("conversation_id");
    }

    [Fact]
    public void Value_SeveralBadSettings_NamesThemAll()
    {
        var bind = () => Bind(new()
        {
            ["Engine:PingTimeout"] = "00:00:00.049",
            ["Engine:MaxPayloadBytes"] = "1",
            ["Engine:AllowedOrigins:0"] = "https://example.org/path",
            ["Engine:KeptHeaders:0"] = "Cookie",
        });

        bind.Should().Throw<OptionsValidationException>().Which.Message.Should()
            .Contain("PingTimeout").And.Contain("MaxPayloadBytes").And.Contain("AllowedOrigins").And.Contain("KeptHeaders");
    }

    [Theory]
    [InlineData("-0.5")]
    [InlineData("1000000.5")]
    [InlineData("NaN")]
    public void Value_RateThatIsNone_IsRefused(string rate)
    {
        var bind = () => Bind(new() { ["Engine:ConnectsPerSecond"] = rate });

        bind.Should().Throw<OptionsValidationException>().Which.Message.Should().Contain("ConnectsPerSecond");
    }

    [Fact]
    public void Value_BudgetBelowTwoMessages_IsRefused()
    {
        var bind = () => Bind(new() { ["Engine:InboundBudgetBytes"] = "8388607" });

        bind.Should().Throw<OptionsValidationException>().Which.Message.Should().Contain("InboundBudgetBytes");
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("https://example.org/")]
    [InlineData("https://*.example.org")]
    [InlineData("")]
    public void Value_NoOrigin_IsRefused(string origin)
    {
        var bind = () => Bind(new() { ["Engine:AllowedOrigins:0"] = origin });

        bind.Should().Throw<OptionsValidationException>();
    }

    private static EngineOptions Bind(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddEngineIO();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<EngineOptions>>().Value;
    }
}
