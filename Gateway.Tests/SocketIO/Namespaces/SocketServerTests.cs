using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.SocketIO.Namespaces;

public sealed class SocketServerTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("custom")]
    [InlineData("")]
    [InlineData("/a,b")]
    public void Of_NameTakenOrImpossible_Throws(string name) =>
        _harness.Server.Invoking(server => server.Of(name, new RecordingNamespace())).Should().Throw<ArgumentException>();

    [Fact]
    public async Task WhenIdle_EventUnderWay_WaitsForItAndForTheEnd()
    {
        await _harness.ConnectAsync();
        var gate = new TaskCompletionSource();
        _harness.Handler.OnEvent = (_, _) => new(gate.Task);
        await _harness.ReceiveAsync("2[\"a\"]");
        _harness.End(CloseReason.ServerShutdown);

        var idle = _harness.Server.WhenIdleAsync(CancellationToken.None);
        idle.IsCompleted.Should().BeFalse();
        gate.SetResult();
        await idle.WaitAsync(TestLimits.Step);

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ServerShutdown");
    }

    [Fact]
    public async Task WhenIdle_AfterEveryKindOfWork_Completes()
    {
        _harness.CustomHandler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("no"));
        await _harness.ConnectAsync();
        await _harness.ReceiveAsync("0/custom,");
        await _harness.Connection.NextAsync();
        await _harness.ReceiveAsync("2[\"a\"]");
        await _harness.ReceiveAsync("1");

        await _harness.Server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ClientDisconnect");
    }

    [Theory]
    [InlineData("SocketIO:ConnectTimeout", "00:00:00")]
    [InlineData("SocketIO:MaxAttachments", "0")]
    [InlineData("SocketIO:MaxQueuedBytes", "10")]
    public void Options_OutOfRange_AreRefusedByName(string key, string value)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build());
        services.AddLogging().AddSocketIO();
        using var provider = services.BuildServiceProvider();

        var read = () => provider.GetRequiredService<IOptions<SocketIOOptions>>().Value;

        read.Should().Throw<OptionsValidationException>().WithMessage($"*{key["SocketIO:".Length..]}*");
    }
}
