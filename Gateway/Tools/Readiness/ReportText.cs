using System.Globalization;

using Gateway.Tools.Verify.Features;

namespace Gateway.Tools.Readiness;

/// <summary>The words of a report, whatever its form. Pure.</summary>
internal static class ReportText
{
    private const int ShownClients = 3;

    public static string Title(ReadinessReport report) => report.IsPartial ? "Readiness (partial)" : "Readiness";

    public static string Answer(ReadinessReport report) => report switch
    {
        { Rows.Count: 0 } => "Nothing was seen, so nothing can be said.",
        { IsPartial: true } => $"Partial: not all could be read. {InTheWay(report)}",
        { IsReady: true } when report.Rows.All(static row => row.Usage.Feature.Group is FeatureGroup.Log or FeatureGroup.Load) =>
            $"Ready as far as a store shows: {Of(report.Deployment)} serves these events. How clients connect, and what they send, "
            + "only recordings show.",
        { IsReady: true, HasRecordings: false } =>
            $"Ready as far as a gateway's counts show: {Of(report.Deployment)} serves how these clients connect. What they send, and ask over "
            + "REST, only recordings show.",
        { IsReady: true } => $"Ready: {Of(report.Deployment)} answers all that was used, as V0 does or by a named rule.",
        _ => $"Not ready. {InTheWay(report)}",
    };

    public static string Of(Deployment deployment) => deployment == Deployment.Alone ? "Gateway alone" : "Gateway before V1";

    public static string Of(FeatureAnswer answer) => answer switch
    {
        FeatureAnswer.Same => "same",
        FeatureAnswer.ByRule => "same by a rule",
        FeatureAnswer.Different => "different",
        _ => "not served",
    };

    public static string Of(FeatureGroup group) => group switch
    {
        FeatureGroup.Client => "Clients",
        FeatureGroup.Connect => "Connects",
        FeatureGroup.Packet => "Packets",
        FeatureGroup.Sent => "What is asked of an agent, and told without an id",
        FeatureGroup.Log => "Events",
        FeatureGroup.Route => "REST",
        FeatureGroup.Load => "Sizes and rates",
        FeatureGroup.Accident => "What V0 does by accident, or what is done better",
        _ => "What a recording leaves open",
    };

    /// <summary>The answer, and what must be known of it.</summary>
    public static string Answer(ReadinessRow row) => row switch
    {
        { IsInTheWay: true, IsRequired: true, Reply.Answer: FeatureAnswer.ByRule } => "same by a rule, and required to be the same",
        { IsAllowed: true, Reply.Answer: FeatureAnswer.Different or FeatureAnswer.NotServed } => $"{Of(row.Reply.Answer)}, allowed",
        _ => Of(row.Reply.Answer),
    };

    public static string What(ReadinessRow row) =>
        row.Reply.Note.Length == 0 ? row.Usage.Feature.What : $"{row.Usage.Feature.What}: {row.Reply.Note}";

    public static string Clients(Usage usage) => usage.Clients.Count <= ShownClients
        ? string.Join(", ", usage.Clients)
        : string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", usage.Clients.Take(ShownClients))} and {usage.Clients.Count - ShownClients} more");

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";

    private static string InTheWay(ReadinessReport report)
    {
        var names = report.InTheWay.Select(static row => row.Usage.Feature.Name).Distinct().ToList();
        return names.Count == 0 ? "Nothing that was read stands in the way." : $"In the way: {string.Join(", ", names)}.";
    }
}
