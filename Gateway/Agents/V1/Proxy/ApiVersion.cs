using Microsoft.AspNetCore.Http;

namespace Gateway.Agents.V1.Proxy;

/// <summary>Which of the two servers answers a request.</summary>
internal enum ApiVersion
{
    /// <summary>Gateway itself, as the V0 server would.</summary>
    V0,

    /// <summary>The V1 agent-server behind it.</summary>
    V1,
}

/// <summary>Who answers, and by which path. Immutable.</summary>
/// <param name="Version">Null: the request asks for neither, and is refused.</param>
/// <param name="Path">The path at that server: without <see cref="ProxyRoutes.Prefix"/> where the request came below it.</param>
internal readonly record struct ApiChoice(ApiVersion? Version, PathString Path);
