using Gateway.Tools.Readiness;

namespace Gateway.Tests.Docs;

/// <summary>The page about readiness has every row of the table of features.</summary>
public sealed class ReadinessPageTests
{
    [Fact]
    public Task Page_OfReadiness_HasEveryFeature() =>
        MadePage.ShouldEndWithAsync("readiness.md", "ReadinessPage", ReportMarkdown.OfTable().TrimEnd('\n') + "\n");
}
