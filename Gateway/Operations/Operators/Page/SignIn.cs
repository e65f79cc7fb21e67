using Microsoft.Net.Http.Headers;

namespace Gateway.Operations.Operators.Page;

/// <summary>
/// How a browser signs in: a form with one field, and a cookie afterwards. Wrong keys are answered after a moment, a few at a time.
/// Stateless but for the count of those that wait.
/// </summary>
internal static class SignIn
{
    private const int MaxBody = 4_096;
    private const int MaxWaiting = 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static int s_waiting;

    public static void MapSignIn(this IEndpointRouteBuilder endpoints, string tag)
    {
        endpoints.MapGet(OperatorEndpoints.SignInPath, Show).WithTags(tag).WithPageHeaders()
            .WithName("GetOperatorSignIn").WithSummary("The page on which an operator signs in.");
        endpoints.MapPost(OperatorEndpoints.SignInPath, SignInAsync).WithTags(tag).WithPageHeaders()
            .WithName("SignInOperator").WithSummary("Signs an operator in: form field key.");
        endpoints.MapPost("/operator/sign-out", SignOut).WithTags(tag).WithPageHeaders()
            .WithName("SignOutOperator").WithSummary("Takes the cookie away.");
    }

    private static IResult Show(HttpContext context, OperatorAccess access) =>
        access.IsFound(context) ? PageFiles.ServeSignIn() : Results.NotFound();

    private static async Task<IResult> SignInAsync(HttpContext context, OperatorAccess access, TimeProvider timeProvider)
    {
        if (!access.IsFound(context))
        {
            return Results.NotFound();
        }

        if (!IsOfThisOrigin(context.Request))
        {
            return Refuse(StatusCodes.Status403Forbidden, "The form must be this server's own.");
        }

        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > MaxBody)
        {
            return Refuse(StatusCodes.Status400BadRequest, "A form with the field 'key' is expected.");
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (access.TrySignIn(context, form["key"].ToString()))
        {
            return Results.Redirect(context.Request.PathBase + "/operator");
        }

        // Who tries keys one after another is slowed down; who tries many at once is sent away.
        if (Interlocked.Increment(ref s_waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref s_waiting);
            return Refuse(StatusCodes.Status429TooManyRequests, "Too many wrong keys at once.");
        }

        try
        {
            await Task.Delay(s_pause, timeProvider, context.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref s_waiting);
        }

        return Results.Redirect(context.Request.PathBase + OperatorEndpoints.SignInPath + "?wrong");
    }

    private static IResult SignOut(HttpContext context, OperatorAccess access)
    {
        if (!access.IsFound(context))
        {
            return Results.NotFound();
        }

        if (!IsOfThisOrigin(context.Request))
        {
            return Refuse(StatusCodes.Status403Forbidden, "The form must be this server's own.");
        }

        OperatorAccess.SignOut(context);
        return Results.Redirect(context.Request.PathBase + OperatorEndpoints.SignInPath);
    }

    private static IResult Refuse(int status, string detail) => Results.Json(new { detail }, statusCode: status);

    // Nobody is signed in, or out, by a page of another site.
    private static bool IsOfThisOrigin(HttpRequest request)
    {
        string? origin = request.Headers[HeaderNames.Origin];
        return string.IsNullOrEmpty(origin)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
