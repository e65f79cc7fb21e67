using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>
/// A page of <c>Gateway/docs</c> whose introduction is written by hand and whose rest is made from the code, by its test when
/// <c>WRITE_DOCS=1</c>. Stateless.
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
}
