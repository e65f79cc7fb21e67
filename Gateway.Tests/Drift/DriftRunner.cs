using System.Net.WebSockets;

namespace Gateway.Tests.Drift;

/// <summary>
/// Runs rows against servers, one after the other: a server that is busy with two would show another order. Owned by one run.
/// </summary>
internal sealed class DriftRunner(DriftOptions options, ScriptedModel model)
{
    private const string Nothing = "nothing";

    /// <summary>One cell of the table. Never throws for what the server does.</summary>
    public async Task<DriftResult> RunAsync(DriftRow row, Uri address, CancellationToken cancellationToken)
    {
        if (row.NeedsRestart && options.RestartCommand is null)
        {
            return new DriftResult(DriftOutcome.Skipped, "needs --restart-command");
        }

        if (row.NeedsCut && address.Scheme != Uri.UriSchemeHttp)
        {
            return new DriftResult(DriftOutcome.Skipped, "needs an http address");
        }

        using var server = new DriftServer(address, options.Key, options.Limit);
        try
        {
            await using var stage = await DriftStage.StartAsync(row, options, server, address, model, cancellationToken);
            return await CompareAsync(row, stage, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or DriftException or WebSocketException or TimeoutException
            or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new DriftResult(DriftOutcome.Failed, WithoutKey(exception.Message));
        }
    }

    /// <summary>A server's text may repeat the key.</summary>
    public string WithoutKey(string text) =>
        string.IsNullOrEmpty(options.Key) ? text : text.Replace(options.Key, "***", StringComparison.Ordinal);

    private async Task<DriftResult> CompareAsync(DriftRow row, DriftStage stage, CancellationToken cancellationToken)
    {
        var all = DriftFrame.OfRecording(row.Recording);
        var expected = all.Take(row.Frames ?? all.Count).ToList();
        var steps = new Queue<DriftStep>(row.Steps);
        await DoAsync(steps, null, stage);
        for (var i = 0; i < expected.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var frame = await NextAsync(stage, isFirst: i == 0);
            if (frame != expected[i])
            {
                return DriftResult.DifferentAt(i, expected[i], WithoutKey(frame ?? $"{Nothing} within {options.Limit.TotalSeconds:0} s"));
            }

            await DoAsync(steps, frame, stage);
        }

        if (row.Frames is null && await stage.NextAsync(options.Quiet) is { } extra)
        {
            return DriftResult.DifferentAt(expected.Count, Nothing, WithoutKey(extra));
        }

        return await CompareSecondAsync(stage, expected);
    }

    /// <summary>States before the first act say only where the conversation stands.</summary>
    private async Task<string?> NextAsync(DriftStage stage, bool isFirst)
    {
        while (true)
        {
            var frame = await stage.NextAsync(options.Limit);
            if (frame is null || !DriftFrame.IsState(frame))
            {
                stage.IgnoresStates = false;
                return frame;
            }

            if (!isFirst && !stage.IgnoresStates)
            {
                return frame;
            }
        }
    }

    private static async Task DoAsync(Queue<DriftStep> steps, string? frame, DriftStage stage)
    {
        if (frame is not null)
        {
            if (steps.TryPeek(out var next) && next.After == frame)
            {
                await steps.Dequeue().Do(stage);
            }

            return;
        }

        while (steps.TryPeek(out var first) && first.After is null)
        {
            await steps.Dequeue().Do(stage);
        }
    }

    private static async Task<DriftResult> CompareSecondAsync(DriftStage stage, List<string> expected)
    {
        if (await stage.OfSecondAsync(expected.Count) is not { } seen)
        {
            return DriftResult.Same;
        }

        for (var i = 0; i < expected.Count; i++)
        {
            if (seen.ElementAtOrDefault(i) != expected[i])
            {
                return DriftResult.DifferentAt(i, expected[i], $"{seen.ElementAtOrDefault(i) ?? Nothing} (second client)");
            }
        }

        return DriftResult.Same;
    }
}
