using System.Diagnostics.CodeAnalysis;

namespace Gateway.Primitives;

/// <summary>The addresses that operators and commands give. What else must hold of one is its user's to check. Pure.</summary>
internal static class HttpAddress
{
    /// <summary>True for an absolute http or https URL.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https";
}
