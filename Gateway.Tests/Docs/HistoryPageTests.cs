using System.Globalization;
using System.Text;

using Gateway.Tools.History.ToV1;

namespace Gateway.Tests.Docs;

/// <summary>docs/history.md has every row of the code's tables, in its words.</summary>
public sealed class HistoryPageTests
{
    [Fact]
    public Task Page_OfHistory_HasEveryRow()
    {
        var page = new StringBuilder();
        Write(page, "V0 action or observation", CarriedKinds.Others);
        Write(page, "V0 action that calls a tool", CarriedKinds.Calls);
        Write(page, "V0 observation that answers a call", CarriedKinds.Results);
        page.Append("## What is not kept, or not as it was\n\n| V0 has | V1 gets |\n|---|---|\n");
        foreach (var loss in HistoryLoss.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {loss.What} | {loss.Becomes}{(loss.IsContent ? " (**not kept**)" : "")} |\n");
        }

        return MadePage.ShouldEndWithAsync("history.md", "Page_OfHistory", page.ToString());
    }

    private static void Write(StringBuilder page, string title, IEnumerable<CarriedKind> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"| {title} | V1 |\n|---|---|\n");
        foreach (var row in rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {row.CarriedAs} |\n");
        }

        page.Append('\n');
    }
}
