using System.Globalization;

using Gateway.Agents.V1.Upstream;

namespace Gateway.Tests.Docs;

/// <summary>The page of V1's closes has every row of the table by which they are decided.</summary>
public sealed class V1ClosesPageTests
{
    [Fact]
    public Task Page_OfV1Closes_HasEveryRow()
    {
        var rows = CloseTable.Rows.Select(static row =>
            $"| {Code(row)} | {(row.ReasonStart.Length > 0 ? $"`{row.ReasonStart}`" : "any")} | {row.Meaning} "
            + $"| {Words(row.AfterProgress)} | {Words(row.Otherwise)} "
            + $"| {(row.ReadsLog ? "by REST, first" : "by the socket")} | {row.Told} |\n");

        return MadePage.ShouldEndWithAsync(
            "v1-closes.md",
            "V1ClosesPage",
            "| code | reason | what it means | next, when it brought events | next, otherwise "
                + "| what is missing comes | clients are told |\n"
                + $"|---|---|---|---|---|---|---|\n{string.Concat(rows)}");
    }

    private static string Code(CloseRow row) => row.Code == 0 ? "any other" : row.Code.ToString(CultureInfo.InvariantCulture);

    private static string Words(NextTry next) => next switch
    {
        NextTry.AtOnce => "at once",
        NextTry.Later => "later",
        _ => "much later",
    };
}
