using Microsoft.Extensions.Options;

namespace Gateway.EngineIO;

/// <summary>Each setting on its own. Source-generated; stateless.</summary>
[OptionsValidator]
internal sealed partial class EngineOptionsAttributeValidator : IValidateOptions<EngineOptions>;

/// <summary>What settings mean together; names every failure. Stateless.</summary>
internal sealed class EngineOptionsValidator : IValidateOptions<EngineOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.AllowedOrigins is { Count: 0 })
        {
            result.AddError("is empty: no page could connect; use * for all", nameof(EngineOptions.AllowedOrigins));
        }

        foreach (var origin in options.AllowedOrigins ?? [])
        {
            if (origin != "*" && !IsOrigin(origin))
            {
                result.AddError($"'{origin}' is not of the form scheme://host[:port], without a path",
                    nameof(EngineOptions.AllowedOrigins));
            }
        }

        foreach (var header in options.KeptHeaders)
        {
            if (header.Length == 0 || header.Any(char.IsAsciiLetterUpper))
            {
                result.AddError($"'{header}' must be a lower-case header name", nameof(EngineOptions.KeptHeaders));
            }
        }

        // A buffer that grows is at times twice as large as its message.
        if (options.InboundBudgetBytes < 2L * options.MaxPayloadBytes)
        {
            result.AddError(
                $"is {options.InboundBudgetBytes}, less than two messages of {nameof(EngineOptions.MaxPayloadBytes)} ({options.MaxPayloadBytes})",
                nameof(EngineOptions.InboundBudgetBytes));
        }

        return result.Build();
    }

    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Host.Length > 0
        && origin.AsSpan().Count('/') == 2
        && !origin.Contains('*', StringComparison.Ordinal);
}
