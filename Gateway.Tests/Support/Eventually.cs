namespace Gateway.Tests.Support;

/// <summary>
/// Waits for a state that nobody announces: what a server has done with bytes that were sent to it. It looks again after a pause, so that
/// whoever brings the state about has the processor meanwhile.
/// </summary>
internal static class Eventually
{
    // Between two looks; a state that is announced is awaited and not looked for.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Ends when it is so; after <see cref="TestLimits.Step"/> the test fails.</summary>
    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>The same where it has to be asked for.</summary>
    public static Task IsTrueAsync(Func<Task<bool>> condition, string what) => GetAsync(condition, static isTrue => isTrue, what);

    /// <summary>Asks until the answer is one like this, and gives it; a test that fails shows the last one.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> isIt, string what)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        while (true)
        {
            var answer = await ask();
            if (isIt(answer))
            {
                return answer;
            }

            limit.IsCancellationRequested.Should().BeFalse("{0}, in the end, and not {1}", what, answer);
            await Task.Delay(s_pause);
        }
    }
}
