namespace Gateway.Tests.Costs;

/// <summary>What some work costs a process. Immutable.</summary>
/// <param name="Bytes">Bytes allocated.</param>
/// <param name="Calls">System calls, by name.</param>
internal sealed record Cost(double Bytes, IReadOnlyDictionary<string, double> Calls)
{
    // The others (futex, epoll_wait, mmap and their like) are the runtime's, and depend on how busy the machine is.
    private static readonly string[] s_io =
    [
        "accept4", "close", "connect", "epoll_ctl", "fstat", "ftruncate", "getdents64", "lseek", "openat", "pread64", "preadv",
        "pwrite64", "pwritev", "recvfrom", "rename", "sendmsg", "sendto", "setsockopt", "socket", "stat", "unlink",
    ];

    /// <summary>The calls that move something, to one decimal, in order: <c>sendto 1</c>. What is less than that is left out.</summary>
    public IEnumerable<string> Io => s_io
        .Select(name => (Name: name, Count: Math.Round(Calls.GetValueOrDefault(name), 1)))
        .Where(static call => call.Count != 0)
        .Select(static call => FormattableString.Invariant($"{call.Name} {call.Count}"));

    /// <summary>What the one costs more than the other.</summary>
    public static Cost operator -(Cost left, Cost right) => new(
        left.Bytes - right.Bytes,
        left.Calls.ToDictionary(static call => call.Key, call => call.Value - right.Calls.GetValueOrDefault(call.Key)));

    /// <summary>What one of so many costs.</summary>
    public static Cost operator /(Cost cost, double count) =>
        new(cost.Bytes / count, cost.Calls.ToDictionary(static call => call.Key, call => call.Value / count));
}
