using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Reports;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>A fault in an answer to a REST call is found, and said with the call and the place.</summary>
public sealed class SeededRestFaultTests
{
    private const string Lists = "v0/rest-list";

    [Fact]
    public async Task Verify_AFieldMissing_IsFoundAtItsPlace()
    {
        var result = await VerifyAsync(static answer => ChangeFirst(answer, static info => info.Remove("pr_number")));

        var differences = Differences(result, "pr_number");
        differences.Should().NotBeEmpty();
        differences.Should().AllSatisfy(static difference => difference.Pointer.Should().EndWith("/pr_number"));
        DifferenceText.Line(differences[0]).Should().StartWith("call 1: GET /api/conversations?limit=5 ").And.Contain("is missing");
    }

    [Fact]
    public async Task Verify_AnotherStatus_IsFound()
    {
        var result = await VerifyAsync(static answer =>
            answer.Status = answer.Is("GET", "/api/conversations") && answer.Status == 200 ? 203 : answer.Status);

        Differences(result, "is answered with 203, recorded is 200").Should().NotBeEmpty();
    }

    [Fact]
    public async Task Verify_AListInAnotherOrder_IsFound()
    {
        var result = await VerifyAsync(static answer => Change(answer, static results =>
        {
            var last = results.Last();
            last.Remove();
            results.AddFirst(last);
        }));

        Differences(result, "another order").Should().NotBeEmpty();
    }

    [Fact]
    public async Task Verify_FieldsInAnotherOrder_AreFound()
    {
        var result = await VerifyAsync(static answer => ChangeFirst(answer, static info =>
        {
            var title = info["title"];
            info.Remove("title");
            info["title"] = title;
        }));

        Differences(result, "fields in another order").Should().NotBeEmpty();
    }

    [Fact]
    public async Task Verify_AHeaderMissing_IsFound()
    {
        var result = await VerifyAsync(static answer => answer.Headers.Remove("Cache-Control"));

        Differences(result, "header cache-control").Should().NotBeEmpty();
    }

    [Fact]
    public async Task Verify_AnEntryLeftOut_IsSaidToBeMissing()
    {
        var result = await VerifyAsync(static answer => Change(answer, static results => results.First().Remove()));

        Differences(result, "is missing").Should().NotBeEmpty();
    }

    [Fact]
    public async Task Verify_AnotherValue_IsFound()
    {
        var result = await VerifyAsync(static answer => ChangeFirst(answer, static info => info["conversation_version"] = "V1"));

        var difference = Differences(result, "conversation_version")[0];
        DifferenceText.Diff(difference).Should().Contain("- \"V0\"").And.Contain("+ \"V1\"");
    }

    // A page of a list, and a list that is one page: a call that is not as recorded is asked again for a while.
    private static async Task<FixtureResult> VerifyAsync(Action<ChangedAnswer> change)
    {
        using var fixture = EditedFixture.CopyOf(Lists);
        fixture.Entries.Where(static (_, index) => index is not (0 or 6)).ToList().ForEach(static entry => entry.Remove());
        fixture.Save();
        return await Verification.RunAsync(fixture.Folder, new ChangedAnswers(change), withRest: true);
    }

    private static List<Difference> Differences(FixtureResult result, string text)
    {
        result.Problem.Should().BeNull();
        return [.. result.Differences.Where(difference => difference.What.Contains(text, StringComparison.Ordinal))];
    }

    private static void ChangeFirst(ChangedAnswer answer, Action<JObject> change) =>
        Change(answer, results => change((JObject)results.First()));

    private static void Change(ChangedAnswer answer, Action<JArray> change)
    {
        if (answer.Is("GET", "/api/conversations") && answer.Status == 200 && WireJson.Parse(answer.Body) is JObject list)
        {
            var results = (JArray)list["results"]!;
            if (results.Count > 1)
            {
                change(results);
                answer.Body = list.ToString(Newtonsoft.Json.Formatting.None);
            }
        }
    }
}
