using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests;

/// <summary>What must not stand in the repository's own text: folders of a machine, hosts of package registries.</summary>
public sealed partial class HygieneTests
{
    private static readonly string[] s_binary = [".png", ".ico", ".woff2"];

    [Fact]
    public async Task Files_OfTheRepository_NameNoMachineAndNoRegistry()
    {
        var found = new List<string>();
        foreach (var file in await TrackedFilesAsync())
        {
            // A recording tells of the folders of the machine that it was made on: that is its content.
            var isRecorded = file.StartsWith("protocol-fixtures/", StringComparison.Ordinal);
            var text = await File.ReadAllTextAsync(Repository.PathOf(file));
            found.AddRange(RegistryHost().Matches(text).Concat(isRecorded ? [] : MachineFolder().Matches(text))
                .Select(match => $"{file}: {match.Value}"));
        }

        found.Should().BeEmpty();
    }

    [Theory]
    [InlineData("a path under /", "home/someone", true)]
    [InlineData("an address: http://localhost/", "workspaces", false)]
    public void MachineFolder_InALine_IsFound(string before, string after, bool expected)
    {
        // In two pieces: this file is checked like any other.
        MachineFolder().IsMatch(before + after).Should().Be(expected);
    }

    private static async Task<IEnumerable<string>> TrackedFilesAsync()
    {
        var files = await ProcessRunner.RunAsync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], TestLimits.Step);
        return files.Where(static file => !s_binary.Contains(Path.GetExtension(file)) && File.Exists(Repository.PathOf(file)));
    }

    [GeneratedRegex(@"(?<![\w.])/(work|farm|tmp|root|home)/[a-z]\w*")]
    private static partial Regex MachineFolder();

    [GeneratedRegex(@"(registry\.npmjs|registry\.yarnpkg|npmjs|api\.nuget|nuget|pypi|pythonhosted|debian)\.(org|com)\b")]
    private static partial Regex RegistryHost();
}
