using System.Globalization;

using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tests.Support;

/// <summary>
/// A gateway with the recorded agent over a store that the test keeps, restarted when a fixture says so. One fixture's; owned by the test.
/// </summary>
internal sealed class RecordedTargets(TempStore store, string fixture) : IVerifyTargetFactory, IVerifyTarget
{
    private GatewayHost? _host;
    private int _restartIndex;

    public GatewayHost Host => _host ?? throw new InvalidOperationException("Not started.");

    public Uri Address => Host.Address;

    public bool CanRestart => true;

    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        await StartAsync();
        return new Lent(this);
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Host.DisposeAsync();
        _restartIndex++;
        await StartAsync();
    }

    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task StartAsync() => _host = await GatewayHost.StartAsync(
        store, "Agent=recorded", $"Recorded:Path={fixture}",
            $"Recorded:RestartIndex={_restartIndex.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>What the verifier gets: it disposes its target, but the test still looks at this one.</summary>
    private sealed class Lent(RecordedTargets owner) : IVerifyTarget
    {
        public Uri Address => owner.Address;

        public bool CanRestart => true;

        public Task RestartAsync(CancellationToken cancellationToken) => owner.RestartAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
