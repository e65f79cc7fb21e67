using Microsoft.AspNetCore.Http;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>How the stand-in server answers a request. Stateless.</summary>
internal static class StandInAnswer
{
    public static async Task WriteAsync(HttpContext context, int status, JContainer body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToString(Formatting.None));
    }
}
