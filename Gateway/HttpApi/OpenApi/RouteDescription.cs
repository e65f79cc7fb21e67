using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>
/// What a route takes and answers, for <c>/openapi.json</c>. Routes read their queries and bodies by hand, with V0's own words for what
/// is wrong, so nothing of it can be read from their parameters. Made once; used by one thread at a time. Not part of what a route does.
/// </summary>
internal sealed class RouteDescription
{
    private readonly List<RouteParameter> _parameters = [];
    private readonly List<RouteAnswer> _answers = [];

    public IReadOnlyList<RouteParameter> Parameters => _parameters;

    /// <summary>In the order in which they are to be shown.</summary>
    public IReadOnlyList<RouteAnswer> Answers => _answers;

    public RouteBody? Body { get; private set; }

    /// <summary>What a reader should know besides; null for nothing.</summary>
    public string? Text { get; private set; }

    public RouteDescription Says(string text)
    {
        Text = text;
        return this;
    }

    public RouteDescription Query(string name, Func<OpenApiSchema> shape, string text, bool isRequired = false)
    {
        _parameters.Add(new RouteParameter(name, shape, text, isRequired));
        return this;
    }

    public RouteDescription Takes(Func<OpenApiSchema> shape, bool isRequired = true, string type = "application/json")
    {
        Body = new RouteBody(shape, isRequired, type);
        return this;
    }

    public RouteDescription Answer(int status, string text, Func<OpenApiSchema> shape, string type = "application/json")
    {
        _answers.Add(new RouteAnswer(status, text, shape, type));
        return this;
    }

    /// <summary>V0's form for a query or a body that does not fit.</summary>
    public RouteDescription Answer422() =>
        Answer(StatusCodes.Status422UnprocessableEntity, "The query or the body does not fit.", Shapes.Faults);

    /// <summary>V0's answer to what it does not expect.</summary>
    public RouteDescription AnswerFailed(string text) =>
        Answer(StatusCodes.Status500InternalServerError, text, static () => Shape.Text(), "text/plain");
}

/// <summary>One parameter of a query. Immutable.</summary>
internal sealed record RouteParameter(string Name, Func<OpenApiSchema> Shape, string Text, bool IsRequired);

/// <summary>What a route reads as its body. Immutable.</summary>
internal sealed record RouteBody(Func<OpenApiSchema> Shape, bool IsRequired, string Type);

/// <summary>One of a route's answers. Immutable.</summary>
internal sealed record RouteAnswer(int Status, string Text, Func<OpenApiSchema> Shape, string Type);
