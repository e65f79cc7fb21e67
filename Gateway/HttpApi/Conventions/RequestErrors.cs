using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// What is wrong with one request's body or query, collected so that all of it is told in one 422 answer, with the types and texts of V0's
/// validation (PROTOCOL.md, "V0 REST"). Not thread-safe; one for each request.
/// </summary>
internal sealed class RequestErrors
{
    private static readonly ApiAnswer s_unreadable =
        ApiAnswer.Detail(StatusCodes.Status400BadRequest, "There was an error parsing the body");

    private readonly JArray _errors = [];
    private bool _isUnreadable;

    public bool Any => _isUnreadable || _errors.Count > 0;

    public ApiAnswer Answer => _isUnreadable
        ? s_unreadable
        : ApiAnswer.Of(new JObject { ["detail"] = _errors }, StatusCodes.Status422UnprocessableEntity);

    /// <summary>The body is of bytes, or nested so deep, that V0's parser does not get as far as a place of a fault: 400.</summary>
    public void Unreadable() => _isUnreadable = true;

    /// <param name="location">Where: <c>body</c> or <c>query</c>, then names and indexes.</param>
    /// <param name="input">What was sent there; it is copied.</param>
    /// <param name="context">The numbers or names in the message, where V0 gives them.</param>
    public void Add(string type, JArray location, string message, JToken? input, JObject? context = null)
    {
        var error = new JObject
        {
            ["type"] = type,
            ["loc"] = location,
            ["msg"] = message,
            ["input"] = ShownInput.Of(input),
        };
        if (context is not null)
        {
            error["ctx"] = context;
        }

        _errors.Add(error);
    }

    public void Missing(JArray location, JToken? input) => Add("missing", location, "Field required", input);

    public void NotAnObject(JArray location, JToken input) =>
        Add("model_attributes_type", location, "Input should be a valid dictionary or object to extract fields from", input);

    /// <summary>A rule of V0's own, such as a smallest size.</summary>
    public void Rule(JArray location, string rule, JToken? input) =>
        Add("value_error", location, $"Value error, {rule}", input, new JObject { ["error"] = new JObject() });

    /// <summary>One of a fixed set of words was expected.</summary>
    public void NotOneOf(JArray location, IReadOnlyList<string> words, JToken? input)
    {
        var expected = words.Count == 1
            ? $"'{words[0]}'"
            : $"{string.Join(", ", words.SkipLast(1).Select(static word => $"'{word}'"))} or '{words[^1]}'";
        Add("enum", location, $"Input should be {expected}", input, new JObject { ["expected"] = expected });
    }
}
