using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Rules;

namespace Gateway.Tests.Docs;

/// <summary>The page of intended differences has every rule by which <c>verify</c> tells them from faults.</summary>
public sealed class DifferencesPageTests
{
    [Fact]
    public Task Page_OfDifferences_HasEveryRule()
    {
        var rows = IntendedDifferences.For(FixtureInfo.None).Select(static rule =>
            $"| `{rule.Name}` | {rule.Reason.Replace("|", "\\|", StringComparison.Ordinal)} |\n");

        return MadePage.ShouldEndWithAsync(
            "differences.md", "DifferencesPage", $"| rule | why the difference is intended |\n|---|---|\n{string.Concat(rows)}");
    }
}
