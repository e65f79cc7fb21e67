namespace Gateway.Tests.Drift;

/// <summary>What one run is asked for. Holds a key: never print it.</summary>
internal sealed record DriftOptions
{
    /// <summary>The agent-servers, a column each.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>The key of all of them; null where they ask for none.</summary>
    public string? Key { get; init; }

    /// <summary>Where the scripted model listens.</summary>
    public string ModelListen { get; init; } = "http://127.0.0.1:0";

    /// <summary>By which address the servers reach the model; null: by the one on which it listens.</summary>
    public Uri? ModelUrl { get; init; }

    /// <summary>The folder at the server in which each row gets one of its own.</summary>
    public string Workspace { get; init; } = "/workspace/drift";

    /// <summary>Restarts the server; <c>DRIFT_URL</c> names it.</summary>
    public string? RestartCommand { get; init; }

    /// <summary>The rows to run; null: all.</summary>
    public IReadOnlyList<string>? Rows { get; init; }

    /// <summary>How long a frame, or an answer of the server, may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it must be quiet after the last frame.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The server plays a recording and asks no model.</summary>
    public bool IsPlayed { get; init; }
}

/// <summary>How a row has gone.</summary>
internal enum DriftOutcome
{
    Same,
    Different,
    Failed,
    Skipped,
}

/// <summary>One cell of the table.</summary>
/// <param name="Detail">The first differing frame, why it failed, or what it lacks; empty when all was the same.</param>
internal sealed record DriftResult(DriftOutcome Outcome, string Detail)
{
    public static DriftResult Same { get; } = new(DriftOutcome.Same, "");

    public static DriftResult DifferentAt(int frame, string expected, string got) =>
        new(DriftOutcome.Different, $"frame {frame}: expected '{expected}', got '{got}'");
}

/// <summary>The row cannot go on: the server or the gateway said something that is no frame.</summary>
internal sealed class DriftException(string message) : Exception(message);
