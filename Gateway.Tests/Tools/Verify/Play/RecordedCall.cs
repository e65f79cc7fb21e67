using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tests.Tools.Verify.Play;

/// <summary>A call for a page, and nothing known of it but the answer's status.</summary>
internal static class RecordedCall
{
    public static RestCall Of(int status) => new(1, new HarEntry
    {
        Index = 0,
        Started = default,
        Duration = default,
        Method = "GET",
        Url = new Uri("http://recorded/"),
        RawTarget = "/",
        RequestHeaders = [],
        Status = status,
        ResponseHeaders = [],
    });
}
