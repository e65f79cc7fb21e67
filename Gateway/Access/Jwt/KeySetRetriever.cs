using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Access.Jwt;

/// <summary>Reads a bare key set, from a file or an address, as what a provider's own document would say. Stateless.</summary>
internal sealed class KeySetRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public static bool IsAddress(string keySet) =>
        keySet.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || keySet.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        var configuration = new OpenIdConnectConfiguration
        {
            JsonWebKeySet = new JsonWebKeySet(await retriever.GetDocumentAsync(address, cancel)),
        };
        foreach (var key in configuration.JsonWebKeySet.GetSigningKeys())
        {
            configuration.SigningKeys.Add(key);
        }

        return configuration.SigningKeys.Count > 0
            ? configuration
            : throw new InvalidOperationException("The key set has no key by which a token could be checked.");
    }
}
