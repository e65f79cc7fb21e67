using System.Text;
using System.Text.Json;
using System.Text.Unicode;

using FsCheck;
using FsCheck.Fluent;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Events;

/// <summary>The scanner against a slow oracle: .NET's own reader, on recorded events and on what random damage makes of them.</summary>
public class EventScannerOracleTests
{
    private static readonly byte[][] s_recorded =
    [
        .. Recording
            .WithStore()
            .SelectMany(static name => new Recording(name).EventFiles())
            .Select(File.ReadAllBytes)
            .Where(static json => json.Length < 3_000)
            .DistinctBy(static json => json.Length),
    ];

    /// <summary>Bytes that mean something to JSON, so that damage is not only noise.</summary>
    private static readonly byte[] s_telling = [.. "{}[]\",:\\ \n-+.eE0159tfnu"u8, 0, 0x1F, 0x7F, 0x80, 0xC3, 0xFF];

    public static TheoryData<string> Names() => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scan_RecordedEvent_AgreesWithTheOracle(string name)
    {
        foreach (var file in new Recording(name).EventFiles())
        {
            var json = File.ReadAllBytes(file);

            Scan(json).Should().Be(Oracle(json), file);
            if (name != "v0/corrupt-event" || Path.GetFileName(file) != "4.json")
            {
                Scan(json).Status.Should().Be(ScanStatus.Ok, file);
                Scan(json).Id
                    .ToString(System.Globalization.CultureInfo.InvariantCulture)
                    .Should()
                    .Be(Path.GetFileNameWithoutExtension(file));
            }
        }
    }

    [Fact]
    public void Scan_DamagedEvent_AgreesWithTheOracle()
    {
        var edits = ArbMap.Default.ArbFor<(int Place, byte Kind, byte Value)[]>();

        Prop.ForAll(
            ArbMap.Default.ArbFor<PositiveInt>(),
            edits,
            static (which, edits) =>
            {
                var json = Damage(s_recorded[which.Get % s_recorded.Length], edits);
                var (scanned, expected) = (Scan(json), Oracle(json));
                return scanned == expected
                    ? true
                    : throw new InvalidOperationException($"{scanned} instead of {expected} for {Encoding.UTF8.GetString(json)}");
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void Scan_EveryPrefixOfAnEvent_IsNotJson()
    {
        var json = s_recorded.MinBy(static json => json.Length) ?? [];

        for (var length = 0; length < json.Length; length++)
        {
            EventScanner.Scan(json.AsSpan(0, length), out _, out _).Should().Be(ScanStatus.NotJson);
        }
    }

    private static byte[] Damage(byte[] json, (int Place, byte Kind, byte Value)[] edits)
    {
        var damaged = json.ToList();
        foreach (var (place, kind, value) in edits)
        {
            var at = (int)((uint)(place * 7_919) % (uint)(damaged.Count + 1));
            var telling = s_telling[value % s_telling.Length];
            switch (kind % 5)
            {
                case 0 when at < damaged.Count:
                    damaged[at] = telling;
                    break;
                case 1:
                    damaged.Insert(at, telling);
                    break;
                case 2 when at < damaged.Count:
                    damaged.RemoveAt(at);
                    break;
                case 3 when value < 8:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
                case 4:
                    damaged.InsertRange(at, json.Take(value));
                    break;
            }
        }

        return [.. damaged];
    }

    private static Seen Scan(byte[] json)
    {
        var status = EventScanner.Scan(json, out var header, out var id);
        return status == ScanStatus.Ok
            ? new Seen(status, id, header.Source, Encoding.UTF8.GetString(json.AsSpan(header.SourceValue)))
            : new Seen(status, EventScanner.NoId, EventSource.Unknown, "");
    }

    private static Seen Oracle(byte[] json)
    {
        if (!Utf8.IsValid(json))
        {
            return new Seen(ScanStatus.NotUtf8, EventScanner.NoId, EventSource.Unknown, "");
        }

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = JsonWalker.MaxDepth });
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return new Seen(ScanStatus.NotJson, EventScanner.NoId, EventSource.Unknown, "");
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return new Seen(ScanStatus.NotAnObject, EventScanner.NoId, EventSource.Unknown, "");
        }

        var type = root.TryGetProperty("action", out var action)
            ? action
            : root.TryGetProperty("observation", out var other)
            ? other
            : default;
        if (type.ValueKind != JsonValueKind.String || type.GetRawText() == "\"\"")
        {
            return new Seen(ScanStatus.NoType, EventScanner.NoId, EventSource.Unknown, "");
        }

        var id = root.TryGetProperty("id", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value)
            && value >= 0 && !number.GetRawText().AsSpan().ContainsAny("-.eE") ? value : EventScanner.NoId;
        var source = root.TryGetProperty("source", out var found) ? found.GetRawText() : "";
        return new Seen(ScanStatus.Ok, id, source switch
        {
            "\"agent\"" => EventSource.Agent,
            "\"user\"" => EventSource.User,
            "\"environment\"" => EventSource.Environment,
            _ => EventSource.Unknown,
        }, source);
    }

    private sealed record Seen(ScanStatus Status, int Id, EventSource Source, string SourceValue);
}
