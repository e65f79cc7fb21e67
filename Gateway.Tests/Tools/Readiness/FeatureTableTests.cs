using System.Text.RegularExpressions;

using Gateway.Tests.Support;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify.Features;
using Gateway.Tools.Verify.Rules;

namespace Gateway.Tests.Tools.Readiness;

/// <summary>The table of features against verify's rules, the page of routes, and what looks for each row.</summary>
public sealed partial class FeatureTableTests
{
    [Fact]
    public void Names_OfAllRows_AreOneEach()
    {
        FeatureTable.All.Select(static feature => feature.Name).Should().OnlyHaveUniqueItems();
        FeatureTable.All.Should().AllSatisfy(static feature =>
        {
            feature.What.Should().NotBeEmpty();
            feature.SeenAs.Should().NotBeEmpty();
        });
    }

    [Fact]
    public void RowsWithARule_AreLookedForByItsName()
    {
        SocketAccidents.Rules.Concat(RestAccidents.Rules).Distinct()
            .Should().BeEquivalentTo(IntendedDifferences.Rules.Select(static rule => rule.Name));
    }

    [Fact]
    public void RowsWithoutARule_AreNeverSameByOne()
    {
        FeatureTable.All.Where(static feature => feature.Rule is null)
            .SelectMany(static feature => new[] { feature.Alone.Answer, feature.BeforeV1.Answer })
            .Should().NotContain(FeatureAnswer.ByRule);
    }

    [Fact]
    public void Routes_AreThoseOfThePage_AndAbsentOnesAreNotServed()
    {
        var page = File.ReadLines(Repository.PathOf("Gateway", "docs", "routes.md"))
            .Select(static line => Row().Match(line))
            .Where(static match => match.Success && match.Groups["kind"].Value.Trim() != "own")
            .ToDictionary(static match => $"route:{match.Groups["route"].Value}", static match => match.Groups["kind"].Value.Trim());
        var rows = FeatureTable.All.Where(static feature => feature.Name.StartsWith("route:", StringComparison.Ordinal)
            && feature.Name.Contains(" /", StringComparison.Ordinal)).ToList();

        rows.Select(static row => row.Name).Should().BeEquivalentTo(page.Keys);
        rows.Where(row => page[row.Name] == "absent").Should().OnlyContain(static row => row.Alone.Answer == FeatureAnswer.NotServed);
        rows.Where(row => page[row.Name].StartsWith("served", StringComparison.Ordinal))
            .Should().OnlyContain(static row => row.BeforeV1.Answer == FeatureAnswer.Same);
    }

    [Theory]
    [InlineData("GET", "/api/conversations", "route:GET /api/conversations")]
    [InlineData("GET", "/api/conversations/", "route:GET /api/conversations")]
    [InlineData("HEAD", "/api/conversations/abc", "route:GET /api/conversations/{id}")]
    [InlineData("PUT", "/api/secrets/MY_NAME", "route:PUT /api/secrets/{name}")]
    [InlineData("GET", "/api/user/repository/a/b/microagents", "route:GET /api/user/repository/{path}")]
    [InlineData("GET", "/api/user/repository/branches", "route:GET /api/user/repository/branches")]
    [InlineData("TRACE", "/api/settings", "route:wrong-method")]
    [InlineData("GET", "/api/nothing/of/v0", "route:*")]
    [InlineData("GET", "/settings/mcp", "web-ui:page")]
    [InlineData("GET", "/assets/index-12345678.js", "web-ui:file")]
    public void Of_ACall_IsItsRow(string method, string path, string expected) => RouteFeatures.Of(method, path).Name.Should().Be(expected);

    [Theory]
    [InlineData("sent:*", "sent:message", true)]
    [InlineData("route:*security*", "route:GET /api/conversations/{id}/security/{path}", true)]
    [InlineData("given-twice", "given-twice", true)]
    [InlineData("given", "given-twice", false)]
    public void Matching_APattern_TakesAnyTextForAStar(string pattern, string name, bool isMatch) =>
        FeatureTable.Matching(pattern).Any(feature => feature.Name == name).Should().Be(isMatch);

    [GeneratedRegex(@"^\| `(?<route>[A-Z]+ /[^`]*)` \|(?<kind>[^|]*)\|")]
    private static partial Regex Row();
}
