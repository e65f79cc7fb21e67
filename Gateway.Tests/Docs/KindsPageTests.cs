using System.Globalization;
using System.Text;

using Gateway.Agents.V1.Translation;

namespace Gateway.Tests.Docs;

/// <summary>PROTOCOL.md's tables of V1's kinds have every row of the code's table, in its words.</summary>
public sealed class KindsPageTests
{
    [Fact]
    public Task Page_OfKinds_HasEveryRow()
    {
        var page = new StringBuilder();
        Write(page, "event", KindTable.Events);
        Write(page, "key of a `ConversationStateUpdateEvent`", KindTable.StateKeys);
        Write(page, "action of a tool", KindTable.Actions);
        Write(page, "observation of a tool", KindTable.Observations);
        return MadePage.ShouldHoldAsync("protocol-fixtures/PROTOCOL.md", "Page_OfKinds", page.ToString());
    }

    [Fact]
    public void Rows_OfEachTable_HaveNamesOfTheirOwn()
    {
        IEnumerable<KindRow>[] tables = [KindTable.Events, KindTable.StateKeys, KindTable.Actions, KindTable.Observations];
        foreach (var table in tables)
        {
            table.Select(static row => row.Name).Should().OnlyHaveUniqueItems();
        }
    }

    private static void Write(StringBuilder page, string title, IEnumerable<KindRow> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"| {title} | V0 |\n|---|---|\n");
        foreach (var row in rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {row.ShownAs} |\n");
        }

        page.Append('\n');
    }
}
