using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>
/// The shapes of what routes take and answer, as OpenAPI writes them. Each call makes a new one: a document changes those it holds. Pure.
/// </summary>
internal static class Shape
{
    public static OpenApiSchema Text(string? description = null) => Of(JsonSchemaType.String, description);

    public static OpenApiSchema Integer(string? description = null) => Of(JsonSchemaType.Integer, description);

    public static OpenApiSchema Number(string? description = null) => Of(JsonSchemaType.Number, description);

    public static OpenApiSchema Flag(string? description = null) => Of(JsonSchemaType.Boolean, description);

    public static OpenApiSchema Null() => Of(JsonSchemaType.Null, null);

    /// <summary>An ISO 8601 time with its zone.</summary>
    public static OpenApiSchema Time()
    {
        var schema = Of(JsonSchemaType.String, null);
        schema.Format = "date-time";
        return schema;
    }

    public static OpenApiSchema Bytes()
    {
        var schema = Of(JsonSchemaType.String, null);
        schema.Format = "binary";
        return schema;
    }

    public static OpenApiSchema OneOf(params ReadOnlySpan<string> words)
    {
        var schema = Of(JsonSchemaType.String, null);
        schema.Enum = [];
        foreach (var word in words)
        {
            schema.Enum.Add(word);
        }

        return schema;
    }

    public static OpenApiSchema ListOf(OpenApiSchema element, string? description = null)
    {
        var schema = Of(JsonSchemaType.Array, description);
        schema.Items = element;
        return schema;
    }

    public static OpenApiSchema Object(params ReadOnlySpan<(string Name, OpenApiSchema Value)> fields)
    {
        var schema = Of(JsonSchemaType.Object, null);
        schema.Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            schema.Properties[name] = value;
        }

        return schema;
    }

    /// <summary>An object whose names are free.</summary>
    public static OpenApiSchema Map(OpenApiSchema value, string? description = null)
    {
        var schema = Of(JsonSchemaType.Object, description);
        schema.AdditionalProperties = value;
        return schema;
    }

    public static OpenApiSchema OrNull(this OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    public static OpenApiSchema Requiring(this OpenApiSchema schema, params ReadOnlySpan<string> names)
    {
        schema.Required = new HashSet<string>([.. names], StringComparer.Ordinal);
        return schema;
    }

    private static OpenApiSchema Of(JsonSchemaType type, string? description) => new() { Type = type, Description = description };
}
