using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage;

public sealed class StorageOptionsTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("~", "")]
    [InlineData("~/.openhands", "/.openhands")]
    public void ExpandedRoot_Tilde_IsTheHomeDirectory(string root, string expected)
    {
        new StorageOptions { Root = root }.ExpandedRoot()
            .Should().Be(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + expected);
    }

    [Fact]
    public void Options_Default_IsV0sRoot()
    {
        new StorageOptions().Root.Should().Be("~/.openhands");
        new StorageOptions().Durability.Should().Be(Durability.Os);
    }

    [Fact]
    public void Validation_NewRoot_IsMadeAndLeftClean()
    {
        using var services = Services(("Storage:Root", _root.PathOf("a", "b")), ("Storage:Durability", "Fsync"));

        services.GetRequiredService<IOptions<StorageOptions>>().Value.Durability.Should().Be(Durability.Fsync);
        services.GetRequiredService<IConversationStore>().Should().BeOfType<FileConversationStore>();
        Directory.EnumerateFileSystemEntries(_root.PathOf("a", "b")).Should().BeEmpty();
    }

    [Fact]
    public void Validation_RootThatIsAFile_SaysSo()
    {
        File.WriteAllText(_root.PathOf("file"), "");
        using var services = Services(("Storage:Root", _root.PathOf("file")));

        var reading = () => services.GetRequiredService<IOptions<StorageOptions>>().Value;

        reading.Should().Throw<OptionsValidationException>().WithMessage("*Storage:Root*cannot be written to*");
    }

    [Theory]
    [InlineData("Storage:Root", "")]
    [InlineData("Storage:Durability", "7")]
    public void Validation_BadValue_IsRefused(string name, string value)
    {
        using var services = Services(("Storage:Root", _root.Root), (name, value));

        var reading = () => services.GetRequiredService<IOptions<StorageOptions>>().Value;

        reading.Should().Throw<OptionsValidationException>();
    }

    private static ServiceProvider Services(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToLookup(static setting => setting.Name, static setting => setting.Value)
                .Select(static values => KeyValuePair.Create(values.Key, (string?)values.Last()))).Build())
        .AddLogging()
        .AddConversationStorage()
        .BuildServiceProvider();
}
