namespace Gateway.Tests.Support;

/// <summary>Waits for a state that nobody announces: what a server has done with bytes that were sent to it.</summary>
internal static class Eventually
{
    /// <summary>Ends when it is so; after <see cref="TestLimits.Step"/> the test fails.</summary>
    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>The same where it has to be asked for.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        while (!await condition())
        {
            limit.IsCancellationRequested.Should().BeFalse("{0}, in the end", what);
            await Task.Yield();
        }
    }
}
