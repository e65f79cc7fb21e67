using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage.Files;

public sealed class FileStorageOptionsTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("~", "")]
    [InlineData("~/.openhands", "/.openhands")]
    public void ExpandedRoot_Tilde_IsTheHomeDirectory(string root, string expected)
    {
        new FileStorageOptions { Root = root }.ExpandedRoot()
            .Should().Be(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + expected);
    }

    [Fact]
    public void Options_Default_IsV0sRoot()
    {
        new FileStorageOptions().Root.Should().Be("~/.openhands");
        new FileStorageOptions().Durability.Should().Be(Durability.Os);
    }

    [Fact]
    public void Validation_NewRoot_IsMadeAndLeftClean()
    {
        using var services = Services(("Storage:Root", _root.PathOf("a", "b")), ("Storage:Durability", "Fsync"));

        services.GetRequiredService<IOptions<FileStorageOptions>>().Value.Durability.Should().Be(Durability.Fsync);
        services.GetRequiredService<IConversationCatalogue>().Should().BeOfType<FileCatalogue>();
        services.GetRequiredService<IEventLogStore>().Should().BeOfType<FileEventLogStore>();
        Directory.EnumerateFileSystemEntries(_root.PathOf("a", "b")).Should().BeEmpty();
    }

    [Fact]
    public void Validation_RootThatIsAFile_SaysSo()
    {
        File.WriteAllText(_root.PathOf("file"), "");
        using var services = Services(("Storage:Root", _root.PathOf("file")));

        var reading = () => services.GetRequiredService<IOptions<FileStorageOptions>>().Value;

        reading.Should().Throw<OptionsValidationException>().WithMessage("*Storage:Root*cannot be written to*");
    }

    [Theory]
    [InlineData("Storage:Root", "")]
    [InlineData("Storage:Durability", "7")]
    public void Validation_BadValue_IsRefused(string name, string value)
    {
        using var services = Services(("Storage:Root", _root.Root), (name, value));

        var reading = () => services.GetRequiredService<IOptions<FileStorageOptions>>().Value;

        reading.Should().Throw<OptionsValidationException>();
    }

    private static ServiceProvider Services(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToLookup(static setting => setting.Name, static setting => setting.Value)
                .Select(static values => KeyValuePair.Create(values.Key, (string?)values.Last()))).Build())
        .AddLogging()
        .AddStorageThreads()
        .AddFileStorage()
        .BuildServiceProvider();
}
