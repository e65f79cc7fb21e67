using Gateway.Conversations;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.UiOptions;

/// <summary>
/// <c>GET /api/options/models</c>: the names that a server behind the agent knows models by, or else those of V0 0.62. One for the process;
/// any thread. Source: PROTOCOL.md, "V0 REST".
/// </summary>
internal sealed class UiModels(IEnumerable<IModelCatalogue> catalogues)
{
    private readonly IModelCatalogue? _catalogue = catalogues.SingleOrDefault();
    private readonly ApiAnswer _v0 = ApiAnswer.Of(new JArray(ReadModels()));

    // Thousands of names, written once for each list. Replaced whole.
    private volatile Written? _written;

    public async Task<IResult> GetAsync(HttpContext context)
    {
        if (_catalogue is null || await _catalogue.FindModelsAsync(context.RequestAborted) is not { } models)
        {
            return _v0;
        }

        if (_written is { } written && written.Models == models)
        {
            return written.Answer;
        }

        var answer = ApiAnswer.Of(new JArray(models));
        _written = new Written(models, answer);
        return answer;
    }

    /// <summary>The names that V0 0.62 knows models by, sorted.</summary>
    private static string[] ReadModels()
    {
        using var stream = typeof(UiModels).Assembly.GetManifestResourceStream("models.txt")
            ?? throw new InvalidOperationException("The list of models is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private sealed record Written(IReadOnlyList<string> Models, ApiAnswer Answer);
}
