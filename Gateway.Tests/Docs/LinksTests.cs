using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>Links between the repository's pages lead somewhere.</summary>
public sealed partial class LinksTests
{
    [Fact]
    public async Task Links_OfThePages_NameFilesAndHeadingsThatAreThere()
    {
        var broken = new List<string>();
        foreach (var page in Directory.EnumerateFiles(Repository.PathOf("Gateway", "docs"), "*.md").Append(Repository.PathOf("README.md")))
        {
            foreach (Match link in Link().Matches(await File.ReadAllTextAsync(page)))
            {
                var target = link.Groups["file"].Value is { Length: > 0 } file
                    ? Path.Combine(Path.GetDirectoryName(page)!, file)
                    : page;
                if (!File.Exists(target) || !await HasHeadingAsync(target, link.Groups["heading"].Value))
                {
                    broken.Add($"{Path.GetFileName(page)}: {link.Value}");
                }
            }
        }

        broken.Should().BeEmpty();
    }

    private static async Task<bool> HasHeadingAsync(string page, string anchor) =>
        anchor.Length == 0 || (await File.ReadAllLinesAsync(page)).Any(line => line.StartsWith('#') && AnchorOf(line) == anchor);

    // As GitHub and its like make them of headings.
    private static string AnchorOf(string heading) =>
        NoWord().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?!https?:)(?<file>[^)#\s]*)(#(?<heading>[^)]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoWord();
}
