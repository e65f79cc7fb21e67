using Gateway.Hosting;
using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

/// <summary>Stores that are named on a command line.</summary>
public sealed class OpenedStoreTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("no-such-kind:x", "a store is given as files:PATH or postgres:CONNECTIONSTRING")]
    [InlineData("files:/no/such/folder", "there is no folder /no/such/folder")]
    [InlineData("postgres:Host=dbplace;Secret=secret", "the connection string has a parameter that is not known")]
    [InlineData("postgres:Password=secret", "the connection string names no host")]
    [InlineData("postgres://user:secret@127.0.0.1:1/dbplace?connect_timeout=1", "the store cannot be reached")]
    [InlineData("postgres:postgresql://user:secret@127.0.0.1:1/dbplace?connect_timeout=1", "the store cannot be reached")]
    public async Task OpenAsync_NothingThatCanBeUsed_SaysSoWithoutTheConnectionString(string text, string expected)
    {
        (await FindProblemAsync(text, mayMake: false)).Should().StartWith(expected)
            .And.NotContain("secret").And.NotContain("dbplace").And.NotContain("127.0.0.1");
    }

    [Fact]
    public async Task OpenAsync_FolderThatIsNoStore_IsRefusedAndLeftAsItIs()
    {
        (await FindProblemAsync($"files:{_root.Root}", mayMake: false)).Should().Contain("is no store");

        Directory.EnumerateFileSystemEntries(_root.Root).Should().BeEmpty();
    }

    [Fact]
    public async Task OpenAsync_DatabaseWithoutTables_IsMadeOneOnlyWhereItMayBe()
    {
        var text = $"postgres:{await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()}";

        (await FindProblemAsync(text, mayMake: false)).Should().Be("the database has no tables of the gateway");
        (await FindProblemAsync(text, mayMake: true)).Should().BeNull();
        (await FindProblemAsync(text, mayMake: false)).Should().BeNull();
    }

    private static async Task<string?> FindProblemAsync(string text, bool mayMake)
    {
        var (opened, problem) = await OpenedStore.OpenAsync(text, mayMake, maxConnections: 2, CancellationToken.None);
        if (opened is not null)
        {
            await opened.DisposeAsync();
        }

        return problem;
    }
}
