using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests;

/// <summary>
/// What must not stand in the repository's own text: folders of a machine, hosts of package registries, citations of nothing, long
/// lines.
/// </summary>
public sealed partial class HygieneTests
{
    private const int LongestLine = 140;

    // What stands around a text in its line: indentation, a call's name, an operator.
    private const int LongestBesideText = 70;

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

    /// <summary>Comments cite PROTOCOL.md by section title: a section that is renamed or gone must not leave them behind.</summary>
    [Fact]
    public async Task Citations_OfProtocolMd_NameItsSections()
    {
        var page = await File.ReadAllLinesAsync(Repository.PathOf("protocol-fixtures", "PROTOCOL.md"));
        var titles = page
            .Where(static line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(static line => line[3..])
            .ToHashSet();
        var cited = new List<(string File, string Title)>();
        foreach (var file in (await TrackedFilesAsync()).Where(static file => file.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var text = CommentLineBreak().Replace(await File.ReadAllTextAsync(Repository.PathOf(file)), " ");
            cited.AddRange(
                from Match citation in Citation().Matches(text)
                from Match title in QuotedTitle().Matches(citation.Value)
                select (file, title.Groups[1].Value));
        }

        cited.Should().NotBeEmpty();
        cited.Where(citation => !titles.Contains(citation.Title)).Should().BeEmpty();
    }

    /// <summary>
    /// Text may be longer, because cutting a recorded message or a sentence in two helps nobody; code and comments may not.
    /// </summary>
    [Fact]
    public async Task Lines_OfSourceAndTests_AreNotLong()
    {
        var found = new List<string>();
        foreach (var file in (await TrackedFilesAsync()).Where(static file => file.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var isInText = false;
            foreach (var (number, line) in (await File.ReadAllLinesAsync(Repository.PathOf(file))).Index())
            {
                var wasInText = isInText;
                isInText ^= TextFence().Count(line) % 2 == 1;
                if (line.Length > LongestLine && !wasInText && !IsText(line))
                {
                    found.Add($"{file}:{number + 1}: {line.Length} characters");
                }
            }
        }

        found.Should().BeEmpty("a line has at most {0} characters", LongestLine);
    }

    /// <summary>xunit 2 calls no <c>IAsyncDisposable</c>: what such a test has started runs on, and asks others' servers.</summary>
    [Fact]
    public void TestClasses_ThatEndAsynchronously_AreEndedByXunit() => typeof(HygieneTests).Assembly.GetTypes()
        .Where(static type => type.IsAssignableTo(typeof(IAsyncDisposable)) && !type.IsAssignableTo(typeof(IAsyncLifetime)))
        .Where(static type => type.GetMethods().Any(static method => method.IsDefined(typeof(FactAttribute), inherit: true)))
        .Should().BeEmpty();

    [Theory]
    [InlineData("// a comment is never a text, whatever it quotes: \"one\"", 141, false)]
    [InlineData("    var x = Call(\"a\", ", 141, false)]
    [InlineData("    [InlineData(\"", 200, true)]
    public void IsText_OfALongLine_IsTrueWhenLittleElseIsThere(string start, int length, bool expected)
    {
        IsText(expected ? start.PadRight(length, 'x') + "\")]" : start.PadRight(length, 'x')).Should().Be(expected);
    }

    private static bool IsText(string line) =>
        !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Text().Replace(line, "").Length <= LongestBesideText;

    private static async Task<IEnumerable<string>> TrackedFilesAsync()
    {
        var files = await ProcessRunner.RunAsync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], TestLimits.Step);
        return files.Where(static file => !s_binary.Contains(Path.GetExtension(file)) && File.Exists(Repository.PathOf(file)));
    }

    [GeneratedRegex(@"(?<![\w.])/(work|farm|tmp|root|home)/[a-z]\w*")]
    private static partial Regex MachineFolder();

    [GeneratedRegex(@"\s*\n\s*///? ?")]
    private static partial Regex CommentLineBreak();

    [GeneratedRegex(@"PROTOCOL\.md, ""[^""]+""(( and |, )""[^""]+"")*")]
    private static partial Regex Citation();

    [GeneratedRegex(@"""([^""]+)""")]
    private static partial Regex QuotedTitle();

    [GeneratedRegex(@"""{3,}")]
    private static partial Regex TextFence();

    [GeneratedRegex(@"\$*(""{3,}).*?(\1|$)|""(\\.|[^""\\])*""")]
    private static partial Regex Text();

    [GeneratedRegex(@"(registry\.npmjs|registry\.yarnpkg|npmjs|api\.nuget|nuget|pypi|pythonhosted|debian)\.(org|com)\b")]
    private static partial Regex RegistryHost();
}
