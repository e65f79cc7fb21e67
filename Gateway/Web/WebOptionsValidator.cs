using Microsoft.Extensions.Options;

namespace Gateway.Web;

/// <summary>A folder that cannot be served is said at start, not by a page that stays empty. Stateless.</summary>
internal sealed class WebOptionsValidator : IValidateOptions<WebOptions>
{
    public ValidateOptionsResult Validate(string? name, WebOptions options)
    {
        if (options.Root.Length == 0)
        {
            return ValidateOptionsResult.Success;
        }

        var setting = $"{WebOptions.Section}:{nameof(WebOptions.Root)}";
        if (!Directory.Exists(options.Root))
        {
            return ValidateOptionsResult.Fail($"{setting} is '{options.Root}', and there is no such folder.");
        }

        if (!File.Exists(Path.Join(options.Root, WebFiles.IndexName)))
        {
            return ValidateOptionsResult.Fail(
                $"{setting} is '{options.Root}', and that folder has no {WebFiles.IndexName}: it must be the built folder of the web UI.");
        }

        return ValidateOptionsResult.Success;
    }
}
