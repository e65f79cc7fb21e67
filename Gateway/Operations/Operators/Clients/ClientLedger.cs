using System.Text.Json;

using Gateway.Conversations.Storage.Files;

namespace Gateway.Operations.Operators.Clients;

/// <summary>A kind of client that was seen. Immutable.</summary>
/// <param name="LastSeen">While one is connected: now.</param>
/// <param name="Connects">How often one has joined a conversation.</param>
internal sealed record SeenClients(ClientKind Kind, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, long Connects);

/// <summary>A day's clients of each world, as far as they came through here. Immutable.</summary>
/// <param name="Day">By UTC.</param>
/// <param name="V0">V0's clients: those that were in a conversation when the day began, and those that joined one on it.</param>
/// <param name="V1">Sockets of V1's clients that were passed through: those that were open when the day began, and those since.</param>
internal sealed record DayOfClients(DateOnly Day, long V0, long V1)
{
    /// <summary>V0's part of both, 0 to 1; null on a day without any.</summary>
    public double? Share => V0 + V1 == 0 ? null : (double)V0 / (V0 + V1);
}

/// <summary>
/// Who was connected, by kind and by day, over restarts: kept in memory within bounds, and in a file that is replaced as a whole. A client
/// that stays is counted again on each day, and last seen now: it costs a look when somebody reads, and nothing in between. A file that
/// cannot be read is put aside and not written over. One lock for a few lines on memory; any thread, but <see cref="Save"/> and
/// <see cref="Load"/> one at a time.
/// </summary>
internal sealed partial class ClientLedger(string? path, int maxKinds, TimeProvider timeProvider, ILogger<ClientLedger> logger)
{
    private const int MaxDays = 400;
    private const int MaxFileBytes = 16 * 1_024 * 1_024;

    // Who stays is written down as often as this, for a process that is killed.
    private static readonly TimeSpan s_stayInterval = TimeSpan.FromMinutes(10);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock _lock = new();
    private readonly Dictionary<ClientKind, SeenClients> _seen = [];
    private readonly SortedDictionary<DateOnly, DayOfClients> _days = [];
    private readonly Dictionary<ClientKind, int> _present = [];
    private int _presentV0;
    private long _openV1;
    private bool _isChanged;
    private long _saved = timeProvider.GetTimestamp();

    /// <summary>False where nothing outlives the process.</summary>
    public bool IsKept => path is not null;

    public IReadOnlyList<SeenClients> Seen
    {
        get
        {
            lock (_lock)
            {
                return ListSeen();
            }
        }
    }

    /// <summary>The oldest first; today's is among them as soon as somebody was here today.</summary>
    public IReadOnlyList<DayOfClients> Days
    {
        get
        {
            lock (_lock)
            {
                CountDay(v0: 0, v1: 0);
                return [.. _days.Values];
            }
        }
    }

    /// <summary>A V0 client of this kind has joined a conversation, and stays until <see cref="Left"/> is called for it.</summary>
    public void Joined(ClientKind kind)
    {
        var now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            // Before the client is counted as one that is here: on the first look of a day those are counted that were here before.
            CountDay(v0: 1, v1: 0);
            if (!_seen.ContainsKey(kind) && _seen.Count >= maxKinds)
            {
                kind = ClientKind.Other;
            }

            _seen[kind] = _seen.TryGetValue(kind, out var seen)
                ? seen with { LastSeen = now, Connects = seen.Connects + 1 }
                : new SeenClients(kind, now, now, 1);
            _present[kind] = _present.GetValueOrDefault(kind) + 1;
            _presentV0++;
        }
    }

    /// <summary>One of those has left.</summary>
    public void Left(ClientKind kind)
    {
        lock (_lock)
        {
            CountDay(v0: 0, v1: 0);
            kind = _present.ContainsKey(kind) ? kind : ClientKind.Other;
            if (!_present.TryGetValue(kind, out var count))
            {
                return;
            }

            _seen[kind] = _seen[kind] with { LastSeen = timeProvider.GetUtcNow() };
            _isChanged = true;
            _presentV0--;
            if (count > 1)
            {
                _present[kind] = count - 1;
            }
            else
            {
                _present.Remove(kind);
            }
        }
    }

    /// <summary>V1's sockets that were passed through.</summary>
    /// <param name="begun">Since the last call.</param>
    /// <param name="open">Now.</param>
    public void CountV1(long begun, long open)
    {
        lock (_lock)
        {
            CountDay(v0: 0, begun);
            _openV1 = open;
        }
    }

    /// <summary>Adds what the file says to what was counted already.</summary>
    public void Load()
    {
        if (path is null || !File.Exists(path))
        {
            return;
        }

        try
        {
            if (new FileInfo(path).Length > MaxFileBytes
                || JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(path), s_json) is not { Clients: { } clients, Days: { } days })
            {
                throw new JsonException("It is no list of clients.");
            }

            lock (_lock)
            {
                Merge(clients, days);
            }
        }
        catch (JsonException exception)
        {
            var aside = $"{path}.damaged-{timeProvider.GetUtcNow():yyyyMMddHHmmss}";
            File.Move(path, aside, overwrite: true);
            Log.Damaged(logger, exception, Path.GetFileName(aside));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRead(logger, exception);
        }
    }

    /// <summary>Writes the file if anything is new. What goes wrong with the disk is thrown, and the next call tries again.</summary>
    public void Save()
    {
        Kept kept;
        lock (_lock)
        {
            CountDay(v0: 0, v1: 0);
            if (path is null || !(_isChanged || (_presentV0 > 0 && timeProvider.GetElapsedTime(_saved) >= s_stayInterval)))
            {
                return;
            }

            kept = new Kept(ListSeen(), [.. _days.Values]);
            _isChanged = false;
            _saved = timeProvider.GetTimestamp();
        }

        try
        {
            AtomicFile.Replace(
                Path.GetDirectoryName(path) ?? ".", path, JsonSerializer.SerializeToUtf8Bytes(kept, s_json), Durability.Os);
        }
        catch
        {
            lock (_lock)
            {
                _isChanged = true;
            }

            throw;
        }
    }

    // Under the lock.
    private IReadOnlyList<SeenClients> ListSeen()
    {
        var now = timeProvider.GetUtcNow();
        return [.. _seen.Values.Select(seen => _present.ContainsKey(seen.Kind) ? seen with { LastSeen = now } : seen)];
    }

    // Under the lock. A day begins, on the first look, with those who are here.
    private void CountDay(long v0, long v1)
    {
        var day = DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime);
        if (!_days.TryGetValue(day, out var known))
        {
            known = new DayOfClients(day, _presentV0, _openV1);
        }
        else if (v0 == 0 && v1 == 0)
        {
            return;
        }

        known = known with { V0 = known.V0 + v0, V1 = known.V1 + v1 };
        if (known.Share is null)
        {
            return;
        }

        _isChanged = true;
        _days[day] = known;
        while (_days.Count > MaxDays)
        {
            _days.Remove(_days.Keys.First());
        }
    }

    // Under the lock.
    private void Merge(IEnumerable<SeenClients> clients, IEnumerable<DayOfClients> days)
    {
        foreach (var client in clients.Where(static client => client?.Kind is not null))
        {
            var kind = _seen.ContainsKey(client.Kind) || _seen.Count < maxKinds ? client.Kind : ClientKind.Other;
            _seen[kind] = _seen.TryGetValue(kind, out var seen)
                ? new SeenClients(
                    kind,
                    client.FirstSeen < seen.FirstSeen ? client.FirstSeen : seen.FirstSeen,
                    client.LastSeen > seen.LastSeen ? client.LastSeen : seen.LastSeen,
                    client.Connects + seen.Connects)
                : client with { Kind = kind };
        }

        foreach (var day in days.Where(static day => day is not null).TakeLast(MaxDays))
        {
            var known = _days.GetValueOrDefault(day.Day) ?? new DayOfClients(day.Day, 0, 0);
            _days[day.Day] = known with { V0 = known.V0 + day.V0, V1 = known.V1 + day.V1 };
        }
    }

    private sealed record Kept(IReadOnlyList<SeenClients> Clients, IReadOnlyList<DayOfClients> Days);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The list of clients that were seen cannot be read; it is put aside as {File}.")]
        public static partial void Damaged(ILogger logger, Exception exception, string file);

        [LoggerMessage(2, LogLevel.Warning, "The list of clients that were seen could not be read.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
