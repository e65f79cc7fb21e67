using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What the child process of <see cref="StoreCrashTests"/> does: appends for ever, and prints each id once it is stored.</summary>
internal static class AppendUntilKilled
{
    public const string Argument = "append-until-killed";

    public static async Task RunAsync(string root)
    {
        var log = await TestStore.Logs(root).OpenAsync(TestStore.Key("crash"), CancellationToken.None);
        await using var output = Console.OpenStandardOutput();
        while (true)
        {
            var id = log.Head + 1;
            if (!await log.TryAppendAsync(id, Event(id), CancellationToken.None))
            {
                throw new InvalidOperationException("There is no other writer.");
            }

            // One write call for each line, straight to the pipe: nothing printed is lost in a buffer.
            await output.WriteAsync(Encoding.ASCII.GetBytes($"{id}\n"));
        }
    }

    public static byte[] Event(int id) => TestStore.Event(id, new string('x', 100 + (id * 37 % 20_000)));
}
