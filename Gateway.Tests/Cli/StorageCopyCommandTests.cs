using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway storage copy</c> in processes of its own.</summary>
public sealed class StorageCopyCommandTests
{
    private const int Conversations = 6;
    private const int Events = 30;

    /// <summary>Somebody else's lock holds the copy in the middle, where it is killed.</summary>
    [Fact]
    public async Task Copy_KilledInTheMiddle_GoesOnWhenItIsRunAgain()
    {
        await using var files = new TestedFiles();
        await using var database = await TestedDatabase.CreateAsync();
        var ids = Enumerable.Range(0, Conversations).Select(static n => $"c{n}").ToList();
        foreach (var id in ids)
        {
            await TestStore.AppendAsync(await files.OpenAsync(id), 0, Events - 1);
            await files.PutMetadataAsync(id, "{}");
        }

        await database.PutConversationAsync("c3");
        await using (await LockedRow.TakeAsync(database))
        {
            await using var killed = Start(database, files);
            await database.WaitersAsync(1);
            await killed.KillAsync();
        }

        (await database.ExecuteAsync("SELECT count(*) FROM gateway.metadata")).Should().Be(3L);
        var again = await RunAsync(database, files);
        await database.ExecuteAsync("UPDATE gateway.events SET body = '{}' WHERE conversation_id = 'c1' AND id = 7");
        var verified = await RunAsync(database, files, "--verify-only");

        again.ExitCode.Should().Be(0, again.Errors);
        again.Output.Should().ContainAll("6 of 6 conversations", "180 events and 6 documents").And.NotContain("180 events written");
        (await TestStore.ReadAllAsync(await database.OpenAsync("c5"))).Events.Should().HaveCount(Events);
        verified.ExitCode.Should().Be(1);
        verified.Errors.Should().Contain("storage copy: conversation c1: event 7 is another one in the target");
        (again.Output + again.Errors + verified.Output + verified.Errors).Should().NotContain("hidden-word").And.NotContain("Host=");
    }

    [Theory]
    [InlineData("--from: there is no folder /no/such/store", "--from", "files:/no/such/store", "--to", "postgres:")]
    [InlineData("'--to'", "--from", "files:/no/such/store")]
    [InlineData("--jobs is 0; it is to be from 1 to 64", "--from", "files:/tmp", "--to", "postgres:", "--jobs", "0")]
    [InlineData("give one of them", "--from", "files:/tmp", "--to", "postgres:", "--verify-only", "--renew")]
    public async Task Copy_NothingToCopy_SaysSoInALine(string expected, params string[] arguments)
    {
        await using var process = GatewayProcess.Start(new() { ["DATABASE_URL"] = "" }, ["storage", "copy", .. arguments]);

        (await process.ExitAsync()).Should().Be(2);
        process.Errors.Should().Contain(expected).And.NotContain("   at ");
    }

    [Fact]
    public async Task Copy_IntoAFolderOfTheSource_IsRefused()
    {
        await using var files = new TestedFiles();
        await TestStore.AppendAsync(await files.OpenAsync("c"), 0, 0);
        await using var process = GatewayProcess.Start(
            [], ["storage", "copy", "--from", $"files:{files.Root}", "--to", $"files:{Path.Join(files.Root, "copy")}"]);

        (await process.ExitAsync()).Should().Be(2);
        process.Errors.Should().Contain("--from and --to lie within one another");
    }

    private static GatewayProcess Start(TestedDatabase database, TestedFiles files, params string[] options) => GatewayProcess.Start(
        new() { ["DATABASE_URL"] = $"{database.ConnectionString};Password=hidden-word" },
        ["storage", "copy", "--from", $"files:{files.Root}", "--to", "postgres:", "--jobs", "1", .. options]);

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        TestedDatabase database, TestedFiles files, params string[] options)
    {
        await using var process = Start(database, files, options);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
