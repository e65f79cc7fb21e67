using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Conversations.Storage.Files;
using Gateway.Tests.Costs;
using Gateway.Tests.Drift;

namespace Gateway.Tests;

/// <summary>
/// The entry point that the test runner does not use: a test that needs a process of its own to kill starts this assembly with
/// the name of what to do; so does <c>Gateway.Tests/drift</c>.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is [AppendUntilKilled.Argument, var root])
        {
            await AppendUntilKilled.RunAsync(root);
        }

        if (args is [PrintTimestamps.Argument, .. var times])
        {
            PrintTimestamps.Run(times);
            return 0;
        }

        if (args is [SyncedStore.Argument, var synced])
        {
            await SyncedStore.WriteAsync(synced);
            return 0;
        }

        if (args is [MeteredGateway.Argument, .. var settings])
        {
            await MeteredGateway.RunAsync(settings);
            return 0;
        }

        if (args is [DriftCommand.Argument, .. var asked])
        {
            return await DriftCommand.RunAsync(asked);
        }

        await Console.Error.WriteLineAsync("Run the tests with 'dotnet test'.");
        return 1;
    }
}
