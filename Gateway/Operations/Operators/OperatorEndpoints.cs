using System.Globalization;
using System.Text;

using Gateway.Operations.Operators.Page;
using Gateway.Operations.Operators.Recordings;
using Gateway.Operations.Operators.Tables;

using Microsoft.AspNetCore.Http.Timeouts;

namespace Gateway.Operations.Operators;

/// <summary>
/// What operators read: the page, its tables as JSON and CSV, the same kept up to date, the bundle, recordings. Stateless.
/// </summary>
internal static class OperatorEndpoints
{
    public const string SignInPath = "/operator/sign-in";

    private const string Tag = "Operators";
    private const int DefaultRows = 100;

    public static void MapOperator(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/operator", PageFiles.ServePage).WithTags(Tag).WithPageHeaders().RequireOperator(SignInPath)
            .WithName("GetOperatorPage").WithSummary("The operators' page.");

        var api = endpoints.MapGroup("/operator/api").WithTags(Tag).WithPageHeaders().RequireOperator();
        api.MapGet("/now", NowAsync).WithName("GetOperatorNow").WithSummary("How things stand at this moment.");
        api.MapGet("/live", LiveAsync).WithName("GetOperatorLive")
            .WithSummary("A table and the state at this moment, sent anew each second.")
            .WithMetadata(new DisableRequestTimeoutAttribute());
        api.MapGet("/bundle", BundleAsync).WithName("GetOperatorBundle")
            .WithSummary("A zip for whoever helps: no secret, no conversation.");
        api.MapGet("/recordings/{name}", Recording).WithName("GetOperatorRecording").WithSummary("A recording as a zip.");
        api.MapGet("/{table}", TableAsync).WithName("GetOperatorTable").WithSummary("A table of the operators' page.");
        api.MapPost("/drain", Drain).WithName("DrainGateway")
            .WithSummary("Stops the gateway as SIGTERM does: nobody new comes in, clients are let go, what was heard is stored.");
        api.MapConversationActions();
        endpoints.MapSignIn(Tag);
        endpoints.MapGet("/operator/files/{name}", PageFiles.ServeFile).WithTags(Tag).WithPageHeaders()
            .WithName("GetOperatorFile").WithSummary("The script and the style of the operators' page.");
    }

    private static async Task<IResult> NowAsync(NowReader now, HttpContext context) =>
        Results.Json(await now.ReadAsync(context.RequestAborted));

    private static IResult Drain(IHostApplicationLifetime lifetime)
    {
        lifetime.StopApplication();
        return Results.Json(new { draining = true }, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> TableAsync(string table, OperatorTables tables, HttpContext context)
    {
        if (tables.Find(table) is not { } found)
        {
            return Results.Json(
                new { detail = $"No such table; there are {string.Join(", ", tables.Names)}" }, statusCode: StatusCodes.Status404NotFound);
        }

        var query = context.Request.Query;
        var isCsv = query["format"] == "csv";
        var limit = isCsv || query["format"] == "json" ? TableQuery.MaxExport : TableQuery.MaxLimit;
        var page = await found.ReadAsync(
            TableQuery.Of(query, limit == TableQuery.MaxExport ? limit : DefaultRows, limit), context.RequestAborted);
        if (limit == TableQuery.MaxExport)
        {
            context.Response.Headers.ContentDisposition = string.Create(
                CultureInfo.InvariantCulture, $"attachment; filename=\"gateway-{table}.{(isCsv ? "csv" : "json")}\"");
        }

        return isCsv ? Results.Text(page.ToCsv(), "text/csv", Encoding.UTF8) : Results.Json(page);
    }

    private static Task LiveAsync(LiveViews views, HttpContext context) => views.ServeAsync(context);

    private static async Task<IResult> BundleAsync(SupportBundle bundle, HttpContext context) =>
        Results.File(await bundle.CreateAsync(context.RequestAborted), "application/zip", "gateway-support.zip");

    private static IResult Recording(string name, RecordingFolder folder, ActiveRecordings active) =>
        active.All.Any(one => one.Name == name)
            ? Results.Json(new { detail = "The recording is under way: stop it first." }, statusCode: StatusCodes.Status409Conflict)
            : folder.OpenZip(name) is { } zip ? Results.File(zip, "application/zip", $"{name}.zip")
            : Results.Json(new { detail = "No such recording" }, statusCode: StatusCodes.Status404NotFound);
}
