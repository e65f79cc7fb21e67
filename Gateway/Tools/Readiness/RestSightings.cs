using Gateway.Primitives.Json;
using Gateway.SocketIO;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Features;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Readiness;

/// <summary>What a recording shows of REST: the routes with their statuses, and who asks. Pure.</summary>
internal static class RestSightings
{
    public static IEnumerable<Sighting> Of(RecordedSession session)
    {
        foreach (var call in session.RestCalls)
        {
            foreach (var sighting in Of(call))
            {
                yield return sighting.By(SocketSightings.ClientOf(call.Entry), call.Entry.Started);
            }
        }
    }

    private static IEnumerable<Sighting> Of(RestCall call)
    {
        yield return new Sighting(RouteFeatures.Of(call.Method, call.Path), VariantOf(call))
        {
            Sample = call.IsRead ? null : JsonTree.ReadOrNull(call.Entry.RequestBody ?? ""),
        };
        if (call.Entry.RequestHeader(UserAgent.Header) is not null)
        {
            yield return Sighting.Of("client", SocketSightings.ClientOf(call.Entry));
        }

        if (call.Entry.RequestHeader("x-session-api-key") is { Length: > 0 })
        {
            yield return Sighting.Of("key-in-header");
        }
    }

    // A path that no row has is a user's text from its third part on.
    private static string VariantOf(RestCall call)
    {
        var status = SafeText.Word($"{call.Entry.Status}");
        return RouteFeatures.Of(call.Method, call.Path).Name switch
        {
            $"{RouteFeatures.Family}:{FeatureTable.AnyKind}" =>
                $"{call.Method} /{string.Join('/', call.Path.Split('/').Skip(1).Take(2).Select(SafeText.Word))}… {status}",
            RouteFeatures.WrongMethod => $"{call.Method} {status}",
            _ => call.Method is "HEAD" or "OPTIONS" ? $"{call.Method} {status}" : status,
        };
    }
}
