using System.Globalization;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>
/// The program in a process of its own, while its clients are cut off at random and it is killed again and again: what was acknowledged is
/// in the log, and every client has seen the log, each id once, in order. Large events stand among the small ones.
/// </summary>
public sealed class UnderFireTests : IDisposable
{
    private const string Conversation = "under-fire";

    private static readonly int s_readers = LongTests.Scale(8, 20);

    private readonly TempStore _store = TempStore.Empty();

    public void Dispose() => _store.Dispose();

    public static TheoryData<int> Runs() => [.. Enumerable.Range(1, LongTests.Scale(1, 5))];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Readers_CutAtRandom_SeeTheLogOnceInOrder(int seed)
    {
        const int Actions = 400;
        await using var gateway = await StartAsync();
        var written = new TaskCompletionSource();
        var readers = Enumerable
            .Range(0, s_readers)
            .Select(number => ReadWithCutsAsync(gateway, new Random((seed * 1_000) + number), written.Task, Actions))
            .ToList();

        await using var writer = new HandWrittenClient([]);
        await writer.ConnectAsync(new Visit(gateway.Address, Conversation));
        await writer.ReadAsync("connect");
        for (var number = 0; number < Actions; number++)
        {
            await EmitAcknowledgedAsync(writer, number);
        }

        written.SetResult();
        foreach (var seen in await Task.WhenAll(readers).WaitAsync(TestLimits.Slow))
        {
            seen.Should().Equal(Enumerable.Range(0, Actions));
        }
    }

    [Fact]
    public async Task Server_KilledAgainAndAgain_KeepsWhatItAcknowledgedAndItsReadersMissNothing()
    {
        var random = new Random(20261124);
        var acknowledged = 0;
        GatewayProcess? gateway = null;
        var readers = Enumerable.Range(0, 4)
            .Select(number => new ReturningClient(() =>
                gateway!.Address, Conversation, number % 2 == 0 ? new HandWrittenClient([]) : new PollingClient()))
            .ToList();
        try
        {
            for (var kill = 0; kill < LongTests.Scale(4, 20); kill++)
            {
                gateway = await StartAsync();
                await using var writer = new HandWrittenClient([]);
                await writer.ConnectAsync(new Visit(gateway.Address, Conversation, int.MaxValue));
                await Task.WhenAll(readers.Select(static reader => reader.ToggleAsync()));
                await writer.ReadAsync("connect");
                var rounds = random.Next(5, 60);
                for (var round = 0; round < rounds; round++)
                {
                    await EmitAcknowledgedAsync(writer, acknowledged++);
                }

                // One more that nobody acknowledges before the process dies: it may be stored or not, but not by half.
                await writer.EmitAsync(Actions.Message(Text(acknowledged)));
                await gateway.DisposeAsync();
                await Task.WhenAll(readers.Select(static reader => reader.ReadUntilLostAsync()));
                var count = StoredTexts().Count;
                count.Should().BeInRange(acknowledged, acknowledged + 1,
                    "what was acknowledged is stored, and nothing else but the last one");
                acknowledged = count;
            }

            gateway = await StartAsync();
            var stored = StoredTexts();
            stored.Should().Equal(Enumerable.Range(0, stored.Count).Select(Text));
            foreach (var reader in readers)
            {
                await reader.ReadToAsync(stored.Count);
                reader.Seen.Should().Equal(Enumerable.Range(0, stored.Count));
            }
        }
        finally
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }

            await (gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private Task<GatewayProcess> StartAsync() =>
        GatewayProcess.StartListeningAsync(new Dictionary<string, string> { ["FILE_STORE_PATH"] = _store.Root });

    private static async Task<IReadOnlyList<int>> ReadWithCutsAsync(GatewayProcess gateway, Random random, Task written, int count)
    {
        await using var reader =
            new ReturningClient(() => gateway.Address, Conversation, random.Next(3) == 0 ? new PollingClient() : new HandWrittenClient([]));
        while (!written.IsCompleted)
        {
            // Some more events, then a cut in the middle of whatever is under way.
            await reader.ReadToAsync(Math.Min(count, reader.Seen.Count + random.Next(1, 30)));
            if (random.Next(4) > 0 && reader.Seen.Count < count)
            {
                await reader.ToggleAsync();
            }
            else
            {
                await Task.Yield();
            }

            if (reader.Seen.Count >= count)
            {
                break;
            }
        }

        await reader.ReadToAsync(count);
        return reader.Seen;
    }

    private static async Task EmitAcknowledgedAsync(HandWrittenClient writer, int number)
    {
        await writer.EmitAsync(Actions.Message(Text(number)), wantsAck: true);
        var answer = await writer.ReadAsync("ack");
        ((JArray)answer["ack"]).Should().BeEmpty("action {0} is stored", number);
    }

    /// <summary>Every 25th is large.</summary>
    private static string Text(int number) =>
        number.ToString(CultureInfo.InvariantCulture) + (number % 25 == 24 ? new string('x', 400_000) : "");

    private List<string> StoredTexts() =>
        [.. _store.Events(Conversation).Values.Select(static json => json["args"]?.Value<string>("content") ?? "")];
}
