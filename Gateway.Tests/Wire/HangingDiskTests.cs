using System.Diagnostics;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>A disk that does not answer, as a dead network mount does: a named pipe that nobody writes stands in for one event.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class HangingDiskTests
{
    private const string Hanging = "hanging";
    private const int Clients = 100;

    [Fact]
    public async Task Connect_ManyToAConversationThatHangs_AreRefusedInTimeAndNobodyElseWaits()
    {
        using var store = TempStore.Empty();
        var pipe = await StoreWithPipeAsync(store);
        await using var host = await GatewayHost.StartAsync(store);
        host.Expect("has not answered in time");
        host.Expect("The conversation's events cannot be read");
        host.Expect("the first thing without an id");
        await using var other = new HandWrittenClient([]);
        await other.ConnectAsync(new Visit(host.Address, "other"));
        await ReadAsync(other, "connect");

        var clients = Enumerable.Range(0, Clients).Select(static _ => new HandWrittenClient([])).ToList();
        var refusals = Task.WhenAll(clients.Select(client => RefusalAsync(client, host.Address)));
        var waits = new List<TimeSpan>();
        while (!refusals.IsCompleted)
        {
            var sent = Stopwatch.StartNew();
            await other.EmitAsync(Actions.Message("m"), wantsAck: true);
            await ReadAsync(other, "ack");
            waits.Add(sent.Elapsed);
        }

        var refused = await refusals;
        refused.Should().OnlyContain(static refusal =>
            refusal.Message == "Failed to access conversation events: the store did not answer in time");
        refused.Max(static refusal => refusal.After).Should().BeLessThan(TimeSpan.FromSeconds(10));
        waits.Order().ElementAt(waits.Count * 99 / 100).Should().BeLessThan(TimeSpan.FromMilliseconds(250));

        // The disk answers again: the next one gets in, and those that the store had given up do no harm.
        await AnswerAsync(pipe);
        await using var next = new HandWrittenClient([]);
        await next.ConnectAsync(new Visit(host.Address, Hanging));
        (await next.ReadEventsAsync(10)).Should().Equal(Enumerable.Range(0, 10));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    private static async Task<(string Message, TimeSpan After)> RefusalAsync(HandWrittenClient client, Uri address)
    {
        var asked = Stopwatch.StartNew();
        await client.ConnectAsync(new Visit(address, Hanging));
        return ((string?)await ReadAsync(client, "refused") ?? "", asked.Elapsed);
    }

    private static async Task<JToken> ReadAsync(HandWrittenClient client, string kind)
    {
        while (true)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On == kind)
            {
                return seen.Value;
            }
        }
    }

    /// <summary>Ten events, the sixth of which hangs whoever reads it. The path of that one.</summary>
    private static async Task<string> StoreWithPipeAsync(TempStore store)
    {
        var log = await TestStore.Logs(store.Root).OpenAsync(TestStore.Key(Hanging), CancellationToken.None);
        await TestStore.AppendAsync(log, 0, 9);
        var pipe = store.PathOf("sessions", Hanging, "events", "5.json");
        File.Delete(pipe);
        await ProcessRunner.RunAsync("mkfifo", [pipe], TestLimits.Step);
        return pipe;
    }

    /// <summary>The event is there; who still reads the pipe reads its end.</summary>
    private static async Task AnswerAsync(string pipe)
    {
        await File.WriteAllBytesAsync($"{pipe}.new", TestStore.Event(5));
        var opening = Task.Factory.StartNew(
            () => File.OpenHandle(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        (await opening.WaitAsync(TestLimits.Step)).Dispose();
        File.Move($"{pipe}.new", pipe, overwrite: true);
    }
}
