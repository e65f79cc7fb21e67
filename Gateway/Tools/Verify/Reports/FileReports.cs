using System.Globalization;
using System.Xml;
using System.Xml.Linq;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Reports;

/// <summary>The reports for machines. Pure.</summary>
internal static class FileReports
{
    public static string JUnit(IReadOnlyList<FixtureResult> results)
    {
        var suite = new XElement(
            "testsuite",
            new XAttribute("name", "gateway verify"),
            new XAttribute("tests", results.Count),
            new XAttribute("failures", results.Count(static result => result.Problem is null && !result.IsEqual)),
            new XAttribute("errors", results.Count(static result => result.Problem is not null)),
            results.Select(Case));
        return new XDocument(new XDeclaration("1.0", "utf-8", null), new XElement("testsuites", suite)).ToString();
    }

    public static string Json(IReadOnlyList<FixtureResult> results) => new JArray(results.Select(static result => new JObject
    {
        ["name"] = result.Name,
        ["path"] = result.Path,
        ["equal"] = result.IsEqual,
        ["problem"] = result.Problem,
        ["connections"] = result.Connections,
        ["frames"] = result.Frames,
        ["seconds"] = Math.Round(result.Duration.TotalSeconds, 3),
        ["intended"] = JObject.FromObject(result.Intended),
        ["restCalls"] = result.RestCalls,
        ["skipped"] = new JArray(result.Skipped.Select(static call => $"{call.Call.Name}: {call.Reason}")),
        ["notes"] = new JArray(result.Notes),
        ["differences"] = new JArray(result.Differences.Select(static difference => new JObject
        {
            ["kind"] = difference.Kind.ToString(),
            ["connection"] = difference.Connection,
            ["frame"] = difference.Frame,
            ["pointer"] = difference.Pointer,
            ["text"] = DifferenceText.Line(difference),
            ["diff"] = new JArray(DifferenceText.Diff(difference)),
        })),
    })).ToString(Newtonsoft.Json.Formatting.Indented);

    private static XElement Case(FixtureResult result)
    {
        var body = result switch
        {
            { Problem: { } problem } => new XElement("error", new XAttribute("message", Clean(problem))),
            { IsEqual: false } => new XElement(
                "failure",
                new XAttribute("message", Clean(DifferenceText.Line(result.Differences[0]))),
                Clean(string.Join('\n', result.Differences.Take(20).Select(DifferenceText.Full)))),
            _ => null,
        };
        return new XElement(
            "testcase",
            new XAttribute("classname", Clean(result.Path.Length > 0 ? result.Path : "fixtures")),
            new XAttribute("name", Clean(result.Name)),
            new XAttribute("time", result.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)),
            body,
            new XElement("system-out",
                Clean(string.Join('\n',
                    result.Intended
                        .Select(static use => $"intended: {use.Key} {use.Value}")
                        .Concat(result.Skipped.Select(static call => $"skipped: {call.Call.Name}: {call.Reason}"))))));
    }

    // A recorded text may hold control characters, which XML has no way to write.
    private static string Clean(string text) => string.Concat(text.Select(static c => XmlConvert.IsXmlChar(c) ? c : '?'));
}
