using Gateway.Hosting.Settings;

using Microsoft.Extensions.Configuration;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Hosting.Settings;

/// <summary>What the settings are and where each comes from, and the schema of the file that they stand in.</summary>
public sealed class EffectiveSettingsTests
{
    [Fact]
    public void Read_FromSeveralPlaces_SaysWhichWins()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-settings-");
        try
        {
            File.WriteAllText(
                Path.Join(folder.FullName, "appsettings.json"),
                """{"Engine":{"PingInterval":"00:00:10","PingTimeout":"00:00:05"},"Kestrel":{"Certificates":{"Default":{"Password":"pw"}}}}""");
            var configuration = new ConfigurationManager();
            configuration.SetBasePath(folder.FullName).AddJsonFile("appsettings.json")
                .AddCommandLine(
                [
                    "--Engine:PingInterval", "00:00:20", "--SESSION_API_KEY", "sek", "--PERMITTED_CORS_ORIGINS", "http://a",
                    "--V1:BaseUrl", "http://me:pw@b",
                ]);
            configuration.AddV0Settings();

            var settings = EffectiveSettings.Read(configuration).ToDictionary(static setting => setting.Key);

            settings["Engine:PingInterval"].Should().Be(new EffectiveSetting("Engine:PingInterval", "00:00:20", "command line"));
            settings["Engine:PingTimeout"].Source.Should().Be("appsettings.json");
            settings["Access:SessionApiKey"].Should().Be(
                new EffectiveSetting("Access:SessionApiKey", "(set, not shown)", "command line, as SESSION_API_KEY"));
            settings["Engine:AllowedOrigins:0"].Should().Be(
                new EffectiveSetting("Engine:AllowedOrigins:0", "http://a", "command line, as PERMITTED_CORS_ORIGINS"));
            settings["V1:BaseUrl"].Value.Should().Be("(set, not shown)");
            settings["Kestrel:Certificates:Default:Password"].Value.Should().Be("(set, not shown)");
            settings["Storage:Durability"].Should().Be(new EffectiveSetting("Storage:Durability", "Os", EffectiveSettings.Default));
            settings["urls"].IsDefault.Should().BeTrue();
            settings.Should().NotContainKey("SESSION_API_KEY");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Access:SessionApiKey", true)]
    [InlineData("Storage:Postgres:ConnectionString", true)]
    [InlineData("Storage:Postgres:ListenConnectionString", true)]
    [InlineData("Cluster:Secret", true)]
    [InlineData("V1:SessionApiKey", true)]
    [InlineData("V1:ConversationTemplate", true)]
    [InlineData("ConnectionStrings:Any", true)]
    [InlineData("Storage:Root", false)]
    [InlineData("Engine:LogQueryKeys:0", false)]
    public void IsSecret_ByTheName_IsRight(string key, bool isSecret) => EffectiveSettings.IsSecret(key).Should().Be(isSecret);

    [Fact]
    public void Schema_OfTheFile_HasEverySettingOnce()
    {
        var schema = SettingsSchema.Create();

        foreach (var setting in KnownSettings.All)
        {
            var path = string.Join('.', setting.Key.Split(':').Select(static name => $"properties.{name}"));
            var said = schema.SelectToken(path);
            said.Should().NotBeNull("{0} can be set", setting.Key);
            ((string?)said!["description"]).Should().NotBeNullOrEmpty("{0} is described", setting.Key);
        }

        ((string?)schema.SelectToken("properties.urls.description")).Should().StartWith("Where to listen");
        ((string?)schema.SelectToken("properties.Echo.description")).Should().Be("Settings of the scripted agent.");
        ((string?)schema.SelectToken("properties.Echo.properties.StepDelay.description")).Should().Be(
            "The pause before each step of a turn, so that a person can follow it, and stop it. At most 1 minute.");
        ((string?)schema.SelectToken("properties.Access.properties.SessionApiKey.description")).Should()
            .StartWith("The key clients must show").And.EndWith("In the environment also SESSION_API_KEY.");

        schema.SelectToken("properties.Engine.properties.PingInterval.pattern").Should().NotBeNull();
        schema.SelectToken("properties.Storage.properties.Durability.enum")!.Values<string>().Should().Equal("Os", "Fsync");
        schema.SelectToken("properties.Engine.additionalProperties").Should().BeEquivalentTo(new JValue(false));
        schema.SelectToken("properties.Engine.properties.AllowedOrigins.type")!.Value<string>().Should().Be("array");
    }
}
