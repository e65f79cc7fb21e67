using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>
/// What a client says before its CONNECT is answered counts against the budget of all strangers, for as long as it is one.
/// </summary>
public sealed class PreConnectBudgetTests : IDisposable
{
    private const long Budget = 256 * 1_024 * 1_024;

    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    private long Held => _harness.Server.InboundBudget.Held;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Decision_Either_GivesBackWhatTheClientHeld(bool isAccepted)
    {
        var decision = new TaskCompletionSource<ConnectDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
        _harness.Handler.OnConnect = (_, _, _) => new(decision.Task);
        await _harness.ReceiveAsync("2[\"a\",\"before\"]");
        var held = Held;
        held.Should().BePositive();
        await _harness.ReceiveAsync("0{\"key\":1}");
        Held.Should().Be(held + 9, "the auth payload is kept too");
        await _harness.ReceiveAsync("2[\"a\",\"behind\"]");
        Held.Should().BeGreaterThan(held + 9);

        decision.SetResult(isAccepted ? ConnectDecision.Accepted : ConnectDecision.Refused("no"));

        await _harness.Connection.NextAsync();
        Held.Should().Be(0);
    }

    [Fact]
    public async Task Event_OfAClientThatIsIn_CountsForNothing()
    {
        _harness.ExpectsComplaints = true;
        await _harness.ConnectAsync();
        _harness.Server.InboundBudget.TryReserve(Budget).Should().BeTrue();

        await _harness.ReceiveAsync("2[\"a\"]");

        (await _harness.Handler.NextAsync()).Should().Be("a[]");
    }

    [Theory]
    [InlineData("2[\"a\"]")]
    [InlineData("0{\"key\":1}")]
    [InlineData("0", "2[\"a\"]")]
    public async Task Anything_BudgetSpent_ClosesTheNewest(params string[] packets)
    {
        _harness.ExpectsComplaints = true;
        _harness.Handler.OnConnect = static async (_, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return ConnectDecision.Accepted;
        };
        _harness.Server.InboundBudget.TryReserve(Budget).Should().BeTrue();

        foreach (var packet in packets)
        {
            await _harness.ReceiveAsync(packet);
        }

        (await _harness.Connection.Closed).Should().Be(CloseReason.InboundBudgetSpent);
        _harness.End(CloseReason.InboundBudgetSpent);
        Held.Should().Be(Budget);
    }

    /// <summary>Also of a client that is in another namespace, which nothing else closes.</summary>
    [Fact]
    public async Task Events_NoConnectInTime_AreGivenBack()
    {
        await _harness.ConnectAsync();
        await _harness.ReceiveAsync("2/custom,[\"a\"]");
        _harness.Clock.Advance(TimeSpan.FromSeconds(30));
        await _harness.ReceiveAsync("2/orders/1,[\"a\"]");

        _harness.Clock.Advance(TimeSpan.FromSeconds(15));

        Held.Should().BePositive("those of the other have waited for less");
        await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);
        await _harness.ConnectAsync("0/orders/1,", _harness.OrdersHandler);
        (await _harness.OrdersHandler.NextAsync()).Should().Be("a[]");
        _harness.CustomHandler.HasNotes.Should().BeFalse();
        Held.Should().Be(0);
        _harness.Clock.ActiveTimers.Should().Be(0);
        _harness.Log.Count("has not come within").Should().Be(1);
    }

    /// <summary>What one connection may have kept does not grow with the names that it uses.</summary>
    [Fact]
    public async Task Events_ForManyNamespaces_AreBoundedAsForOne()
    {
        var text = new string('a', 100_000);
        for (var i = 0; i < 41; i++)
        {
            await _harness.ReceiveAsync($"2/orders/{i},[\"a\",\"{text}\"]");
        }

        Held.Should().BeLessThan(_harness.Server.Options.MaxQueuedBytes);
        await _harness.ReceiveAsync($"2/orders/41,[\"a\",\"{text}\"]");

        (await _harness.Connection.Closed).Should().Be(CloseReason.TooManyPackets);
        Held.Should().Be(0);
    }

    [Theory]
    [InlineData("connection")]
    [InlineData("malformed")]
    [InlineData("unknown")]
    public async Task Events_BeforeAConnectThatNeverComes_AreGivenBack(string end)
    {
        await _harness.ReceiveAsync("2[\"a\"]");
        await _harness.ReceiveAsync("2/custom,[\"a\"]");

        switch (end)
        {
            case "malformed":
                await _harness.ReceiveAsync("2[1]");
                break;
            case "unknown":
                await _harness.ReceiveAsync("2/unknown,[\"a\"]");
                _harness.End(CloseReason.TransportLost);
                break;
            default:
                _harness.End(CloseReason.TransportLost);
                break;
        }

        Held.Should().Be(0);
    }
}
