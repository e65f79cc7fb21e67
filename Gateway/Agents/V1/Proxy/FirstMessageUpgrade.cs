using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// The server's way to a WebSocket, over HTTP/1.1 or HTTP/2, with the first message looked at. Belongs to one request.
/// </summary>
internal sealed class FirstMessageUpgrade(
    IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect, Func<ReadOnlyMemory<byte>, ValueTask<byte[]?>> replace)
    : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    public bool IsUpgradableRequest => upgrade?.IsUpgradableRequest ?? false;

    public bool IsExtendedConnect => connect?.IsExtendedConnect ?? false;

    public string? Protocol => connect?.Protocol;

    public static void Install(HttpContext context, Func<ReadOnlyMemory<byte>, ValueTask<byte[]?>> replace)
    {
        var features = context.Features;
        var watched = new FirstMessageUpgrade(
            features.Get<IHttpUpgradeFeature>(), features.Get<IHttpExtendedConnectFeature>(), replace);
        if (watched.IsUpgradableRequest)
        {
            features.Set<IHttpUpgradeFeature>(watched);
        }

        if (watched.IsExtendedConnect)
        {
            features.Set<IHttpExtendedConnectFeature>(watched);
        }
    }

    public async Task<Stream> UpgradeAsync() => new FirstMessageStream(
        await (upgrade ?? throw new InvalidOperationException("No upgrade was asked for.")).UpgradeAsync(), replace);

    public async ValueTask<Stream> AcceptAsync() => new FirstMessageStream(
        await (connect ?? throw new InvalidOperationException("No connect was asked for.")).AcceptAsync(), replace);
}
