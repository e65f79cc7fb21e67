using Gateway.Operations.Operators.Tables;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Operations.Operators;

/// <summary>Tables: searched, sorted and cut, and as a spreadsheet reads them.</summary>
public sealed class TableTests
{
    private static readonly (string Name, int? Size)[] s_rows = [("beta", 2), ("Alpha", 30), ("gamma, \"large\"", null), ("=1+1", 4)];

    private static readonly Table<(string Name, int? Size)> s_table = new(
        "things",
        "Things",
        [
            OperatorTables.Text<(string Name, int? Size)>("name", "Name", static row => row.Name),
            OperatorTables.Number<(string Name, int? Size)>("size", "Size", static row => row.Size),
        ],
        "name",
        static _ => new(s_rows));

    [Theory]
    [InlineData("", "=1+1|Alpha|beta|gamma, \"large\"")]
    [InlineData("no such column", "=1+1|Alpha|beta|gamma, \"large\"")]
    [InlineData("-name", "gamma, \"large\"|beta|Alpha|=1+1")]
    [InlineData("size", "gamma, \"large\"|beta|=1+1|Alpha")]
    [InlineData("-size", "Alpha|=1+1|beta|gamma, \"large\"")]
    public async Task Read_SortedByAColumn_IsInItsOrder(string sort, string expected)
    {
        var page = await s_table.ReadAsync(new TableQuery("", sort, 0, 10), CancellationToken.None);

        string.Join('|', page.Rows.Select(static row => row["name"])).Should().Be(expected);
    }

    [Fact]
    public async Task Read_ASearch_FindsInEveryColumnWhateverTheCase()
    {
        (await s_table.ReadAsync(new TableQuery("ALPHA", "", 0, 10), CancellationToken.None)).Matching.Should().Be(1);
        (await s_table.ReadAsync(new TableQuery("30", "", 0, 10), CancellationToken.None)).Rows.Single()["name"].Should().Be("Alpha");
    }

    [Fact]
    public async Task Read_APage_HasItsRowsAndSaysHowManyThereAre()
    {
        var page = await s_table.ReadAsync(new TableQuery("a", "name", 1, 1), CancellationToken.None);

        page.Rows.Single()["name"].Should().Be("beta");
        (page.Matching, page.Total).Should().Be((3, 4));
    }

    [Fact]
    public async Task ToCsv_OfTextsThatSpreadsheetsTakeForMore_KeepsThemTexts()
    {
        var page = await s_table.ReadAsync(new TableQuery("", "name", 0, 10), CancellationToken.None);

        page.ToCsv().Should().Be("name,size\r\n'=1+1,4\r\nAlpha,30\r\nbeta,2\r\n\"gamma, \"\"large\"\"\",\r\n");
    }

    [Theory]
    [InlineData("?limit=1000000&offset=-3&q=%20x%20", "x", 0, 200)]
    [InlineData("?limit=x", "", 0, 100)]
    public void Of_AQueryThatAsksForTooMuch_IsCut(string query, string search, int offset, int limit)
    {
        var read = TableQuery.Of(new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query)), 100);

        (read.Search, read.Offset, read.Limit).Should().Be((search, offset, limit));
    }
}
