using Gateway.Tools.Verify.Features;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>A readiness report for programs. Pure.</summary>
internal static class ReportJson
{
    public static string Of(ReadinessReport report) => new JObject
    {
        ["ready"] = report.IsReady,
        ["answer"] = ReportText.Answer(report),
        ["partial"] = report.IsPartial,
        ["deployment"] = report.Deployment == Deployment.Alone ? "alone" : "v1",
        ["made"] = report.Made.UtcDateTime,
        ["read"] = new JArray(report.Sources),
        ["missing"] = new JArray(report.Problems),
        ["inTheWay"] = new JArray(report.InTheWay.Select(static row => row.Usage.Feature.Name).Distinct()),
        ["rules"] = new JArray(report.Rules),
        ["features"] = new JArray(report.Rows.Select(static row => new JObject
        {
            ["name"] = row.Usage.Feature.Name,
            ["group"] = row.Usage.Feature.Group.ToString(),
            ["form"] = row.Usage.Variant,
            ["answer"] = ReportText.Of(row.Reply.Answer),
            ["note"] = row.Reply.Note,
            ["rule"] = row.Usage.Feature.Rule?.Name,
            ["inTheWay"] = row.IsInTheWay,
            ["allowed"] = row.IsAllowed,
            ["required"] = row.IsRequired,
            ["count"] = row.Usage.Count,
            ["clients"] = new JArray(row.Usage.Clients),
            ["firstSeen"] = row.Usage.First?.UtcDateTime,
            ["lastSeen"] = row.Usage.Last?.UtcDateTime,
            ["what"] = row.Usage.Feature.What,
            ["sample"] = row.Usage.Sample,
        })),
    }.ToString(Formatting.Indented) + "\n";
}
