using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>Where an answer may differ from V0's, and how it must be then. Pure.</summary>
internal static class IntendedDifferences
{
    public static bool Explain(RecordedEntry entry, int status, string body) => entry switch
    {
        // A start without a body is one without providers.
        { Method: "POST", Status: 422, HasRequestBody: false }
            when entry.Address.AbsolutePath.EndsWith("/start", StringComparison.Ordinal) => status == 200,

        // Without a file of secrets there is no token either.
        { Method: "POST", Status: 500, Address.AbsolutePath: "/api/conversations" }
            when entry.RequestBody.Contains("repo", StringComparison.Ordinal) =>
            status == 401 && body.StartsWith("\"Unable to access repo ", StringComparison.Ordinal),

        // Kestrel itself refuses a zero byte.
        _ when entry.Address.AbsolutePath.Contains("%00", StringComparison.Ordinal) => status == 400,
        _ => false,
    };
}
