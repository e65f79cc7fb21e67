using System.Collections.Frozen;
using System.Globalization;

using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>
/// Writes what a route takes and answers into its place in the document, found by the route's name. What holds for all routes is added
/// here. Stateless; any thread.
/// </summary>
internal sealed class DescribeRoutes : IOpenApiOperationTransformer
{
    /// <summary>The name of the one way to show who asks.</summary>
    public const string KeyScheme = "sessionApiKey";

    private const string ApiPrefix = "api/";

    /// <summary>By the routes' names.</summary>
    public static readonly FrozenDictionary<string, RouteDescription> Routes = Describe();

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName is not { } name)
        {
            return Task.CompletedTask;
        }

        // Each method of a route is an operation, and has an id of its own.
        var hasMethods = metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods is { Count: > 1 };
        operation.OperationId = hasMethods ? $"{name}_{context.Description.HttpMethod}" : name;
        operation.Parameters = [.. ParametersOfPath(context.Description.RelativePath ?? "")];
        operation.RequestBody = null;
        operation.Responses = [];
        if (!Routes.TryGetValue(name, out var route))
        {
            return Task.CompletedTask;
        }

        operation.Description = route.Text;
        foreach (var parameter in route.Parameters)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = ParameterLocation.Query,
                Required = parameter.IsRequired,
                Description = parameter.Text,
                Schema = parameter.Shape(),
            });
        }

        if (route.Body is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = body.IsRequired, Content = ContentOf(body.Shape(), body.Type) };
        }

        var isOpen = context.Description.RelativePath?.StartsWith(ApiPrefix, StringComparison.Ordinal) != true;
        AddAnswers(operation.Responses, route, isOpen);
        operation.Security = isOpen
            ? []
            : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] }];
        return Task.CompletedTask;
    }

    private static void AddAnswers(OpenApiResponses responses, RouteDescription route, bool isOpen)
    {
        IEnumerable<RouteAnswer> answers = route.Answers;
        if (!isOpen && route.Answers.All(static answer => answer.Status != StatusCodes.Status401Unauthorized))
        {
            answers = answers.Append(
                new RouteAnswer(StatusCodes.Status401Unauthorized, "No key, or a wrong one.", Shapes.Detail, "application/json"));
        }

        foreach (var answer in answers
            .Append(new RouteAnswer(StatusCodes.Status429TooManyRequests, "Too many in a second.", Shapes.Message, "application/json"))
            .OrderBy(static answer => answer.Status))
        {
            responses[answer.Status.ToString(CultureInfo.InvariantCulture)] =
                new OpenApiResponse { Description = answer.Text, Content = ContentOf(answer.Shape(), answer.Type) };
        }
    }

    private static Dictionary<string, OpenApiMediaType> ContentOf(OpenApiSchema shape, string type) =>
        new() { [type] = new OpenApiMediaType { Schema = shape } };

    private static IEnumerable<OpenApiParameter> ParametersOfPath(string path) =>
        RoutePatternFactory.Parse(path).Parameters.Select(static parameter => new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Path,
            Required = true,
            Schema = Shape.Text(),
        });

    private static FrozenDictionary<string, RouteDescription> Describe()
    {
        var routes = new Dictionary<string, RouteDescription>(StringComparer.Ordinal);
        ServerDescriptions.AddTo(routes);
        OperatorDescriptions.AddTo(routes);
        UserDescriptions.AddTo(routes);
        ConversationDescriptions.AddTo(routes);
        WorkspaceDescriptions.AddTo(routes);
        return routes.ToFrozenDictionary();
    }
}
