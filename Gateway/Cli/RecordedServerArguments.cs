using System.Globalization;

using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Cli;

/// <summary>
/// The command line of a gateway that stands for a recorded server, but for where its store is. Every setting that matters is said,
/// whatever the environment of this process holds. Immutable; any thread.
/// </summary>
/// <param name="fixture">What was recorded.</param>
/// <param name="settings">How the recorded server was set.</param>
/// <param name="workspace">The folder of the workspace.</param>
/// <param name="agent">Who answers: the setting <c>Agent</c>.</param>
/// <param name="webRoot">The built folder of a web UI; empty for none.</param>
internal sealed class RecordedServerArguments(Fixture fixture, TargetSettings settings, string workspace, string agent, string webRoot)
{
    /// <summary>The clock of the recording.</summary>
    public TimeProvider TimeProvider { get; } = RecordedTime.Beginning(settings.Began);

    /// <param name="restartIndex">How often the server has been restarted before.</param>
    public IReadOnlyList<string> Of(int restartIndex)
    {
        var arguments = new List<string>
        {
            "--urls=http://127.0.0.1:0",
            $"--Agent={agent}",
            $"--Workspace:Root={workspace}",
            $"--Web:Root={(settings.ServesWebUi ? webRoot : "")}",
            $"--HttpApi:RateLimit={settings.RateLimit}",
            $"--Access:SessionApiKey={settings.SessionApiKey}",
            $"--Conversations:MaxConcurrentConversations={settings.MaxConcurrentConversations.ToString(CultureInfo.InvariantCulture)}",
            $"--Conversations:UserId={settings.UserId}",
            "--Logging:LogLevel:Default=None",
            "--Logging:LogLevel:Microsoft=None",
            "--Logging:LogLevel:Microsoft.AspNetCore=None",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=None",
        };
        if (agent == InProcessTargets.RecordedAgent)
        {
            arguments.Add($"--Recorded:Path={fixture.HarPath}");
            arguments.Add($"--Recorded:RestartIndex={restartIndex.ToString(CultureInfo.InvariantCulture)}");
            arguments.Add($"--Recorded:Rest={settings.PlaysRest}");
        }

        if (settings.FastHeartbeat)
        {
            arguments.Add("--Engine:PingInterval=00:00:00.500");
            arguments.Add("--Engine:PingTimeout=00:00:00.500");
        }

        return arguments;
    }
}
