using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Readiness;

/// <summary>All that a recording shows of the table's features: its sockets, its REST calls, its logs, and V0's accidents. Pure.</summary>
internal static class SessionFeatures
{
    public static IEnumerable<Sighting> Of(Fixture fixture)
    {
        var session = new RecordedSession(fixture);
        return SocketSightings.Of(session)
            .Concat(PacketSightings.Of(session))
            .Concat(RestSightings.Of(session))
            .Concat(LoadSightings.Of(session))
            .Concat(SocketAccidents.Of(session))
            .Concat(RestAccidents.Of(session));
    }

    /// <summary>The names of all features that a recording and the store beside it show.</summary>
    /// <param name="withForms">Each form counts as a feature of its own.</param>
    public static IReadOnlySet<string> NamesOf(Fixture fixture, bool withForms) => Of(fixture).Concat(StoreFeatures.BesideWire(fixture))
        .Select(sighting => withForms && sighting.Variant.Length > 0
            ? $"{sighting.Feature.Name} ({sighting.Variant})"
            : sighting.Feature.Name)
        .ToHashSet(StringComparer.Ordinal);
}
