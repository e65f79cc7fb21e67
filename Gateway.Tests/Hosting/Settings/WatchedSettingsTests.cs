using Gateway.Hosting;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Tests.Hosting.Settings;

/// <summary>Nobody waits for the files of settings to change: that would watch all that lies below the working directory.</summary>
public sealed class WatchedSettingsTests
{
    [Fact]
    public void CreateBuilder_FilesOfSettings_AreReadOnce()
    {
        var settings = GatewayApp.CreateBuilder([]).Configuration;

        var sources = ((IConfigurationBuilder)settings).Sources.OfType<JsonConfigurationSource>().ToList();

        sources.Select(static source => source.Path).Should().Contain("appsettings.json");
        sources.Should().OnlyContain(static source => !source.ReloadOnChange);
    }
}
