using Gateway.Primitives;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

namespace Gateway.Agents.V1;

/// <summary>The attributes' checks. Stateless.</summary>
[OptionsValidator]
internal sealed partial class V1OptionsAttributeValidator : IValidateOptions<V1Options>;

/// <summary>What the attributes cannot say; names every failure, and no secret. Stateless.</summary>
internal sealed class V1OptionsValidator : IValidateOptions<V1Options>
{
    public ValidateOptionsResult Validate(string? name, V1Options options)
    {
        var failures = Failures(options).ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string> Failures(V1Options options)
    {
        var hasBase = !string.IsNullOrEmpty(options.BaseUrl);
        var hasAppServer = !string.IsNullOrEmpty(options.AppServerUrl);
        if (hasBase == hasAppServer)
        {
            yield return "V1: set one of BaseUrl (the agent-server) and AppServerUrl (the app server that knows it).";
        }

        if (hasBase && !IsHttp(options.BaseUrl))
        {
            yield return "V1:BaseUrl must be an http or https address without query.";
        }

        if (hasAppServer && !IsHttp(options.AppServerUrl))
        {
            yield return "V1:AppServerUrl must be an http or https address without query.";
        }

        if (options.Proxy && !hasBase)
        {
            yield return "V1:Proxy passes requests to one agent-server, V1:BaseUrl; with V1:AppServerUrl each conversation has its own.";
        }

        // Often the line end of the file that a secret was read from.
        if (options.SessionApiKey?.Any(static c => c is <= ' ' or > '~') == true)
        {
            yield return "V1:SessionApiKey must be printable ASCII without spaces or line ends: it goes into a header.";
        }

        if (!string.IsNullOrEmpty(options.ConversationTemplate) && TemplateProblem(options.ConversationTemplate) is { } problem)
        {
            yield return $"V1:ConversationTemplate: {problem}";
        }
    }

    private static bool IsHttp(string? address) =>
        HttpAddress.TryParse(address, out var uri) && uri.Query.Length == 0;

    private static string? TemplateProblem(string path)
    {
        try
        {
            return JsonTree.TryReadObject(File.ReadAllText(path), out _) ? null : "the file is not a JSON object.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"the file cannot be read ({exception.GetType().Name}).";
        }
    }
}
