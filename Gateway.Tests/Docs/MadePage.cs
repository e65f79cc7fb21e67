using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>
/// A page whose rest, or a part of it, is made from the code, by its test when <c>WRITE_DOCS=1</c>; all else is written by hand. Stateless.
/// </summary>
internal static class MadePage
{
    /// <summary>The page's rest is <paramref name="made"/>; or becomes so, when that is asked for.</summary>
    /// <param name="name">The page's file name.</param>
    /// <param name="test">The test that makes it, as the mark in the page says.</param>
    /// <param name="made">What the code says.</param>
    public static async Task ShouldEndWithAsync(string name, string test, string made)
    {
        var path = Repository.PathOf("Gateway", "docs", name);
        var mark = $"<!-- From here on the page is made from the code: WRITE_DOCS=1 Gateway.Tests/run --filter {test} -->\n\n";
        var page = await File.ReadAllTextAsync(path);
        var end = page.IndexOf(mark, StringComparison.Ordinal);
        end.Should().BePositive("{0} has an introduction, and ends it with a mark", name);
        end += mark.Length;
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") is "1")
        {
            page = page[..end] + made;
            await File.WriteAllTextAsync(path, page);
        }

        page[end..].Should().Be(made, "WRITE_DOCS=1 makes the page anew");
    }

    /// <summary>What stands between the page's two marks is <paramref name="made"/>; or becomes so, when that is asked for.</summary>
    /// <param name="path">The page's path in the repository.</param>
    /// <param name="test">The test that makes it, as the mark in the page says.</param>
    /// <param name="made">What the code says.</param>
    public static async Task ShouldHoldAsync(string path, string test, string made)
    {
        var file = Repository.PathOf(path.Split('/'));
        var mark = $"<!-- Made from the code: WRITE_DOCS=1 Gateway.Tests/run --filter {test} -->\n\n";
        const string EndMark = "<!-- End of what is made from the code. -->\n";
        var page = await File.ReadAllTextAsync(file);
        var start = page.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        var end = page.IndexOf(EndMark, StringComparison.Ordinal);
        end.Should().BeGreaterThanOrEqualTo(start, "{0} has both marks", path);
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") is "1")
        {
            page = page[..start] + made + page[end..];
            await File.WriteAllTextAsync(file, page);
            end = start + made.Length;
        }

        page[start..end].Should().Be(made, "WRITE_DOCS=1 makes it anew");
    }
}
