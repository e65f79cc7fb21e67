using System.CommandLine;
using System.Net;

using Gateway.Primitives;
using Gateway.Tools.Load;

namespace Gateway.Cli;

/// <summary>The options of <c>gateway load</c>, what may be wrong with them, and the plan that they make. Made once for a run.</summary>
internal sealed class LoadArguments
{
    private const int MaxClients = 100_000;
    private const int MaxEvents = 10_000_000;
    private const int MaxSize = 1_000_000;
    private const int MaxRate = 100_000;
    private const int DefaultClients = 100;
    private const int DefaultRooms = 100;
    private const int DefaultEvents = 100;
    private const int MaxLocalAddresses = 250;
    private const int OwnFiles = 200;
    private const int PortsOfAnAddress = 28_000;

    // System.CommandLine would say all values in its own words.
    private static readonly string[] s_scenarios = [.. Enum.GetValues<LoadScenario>().Select(SmallWords.Of)];

    private readonly Option<string> _url = new("--url") { Description = "The server: http, https, ws or wss.", Required = true };

    private readonly Option<string> _scenario = new("--scenario")
    {
        Description = $"{string.Join(", ", s_scenarios)}; idle and connect work with any Socket.IO server, the others with a V0 server.",
        Required = true,
    };

    private readonly Option<int?> _clients = new Option<int?>("--clients")
    {
        Description = "Clients: 100; one in action and replay.",
    }.Within(1, MaxClients);

    private readonly Option<int?> _rooms = new("--rooms")
    {
        Description = "Conversations that the clients are spread over. One for fanout and replay, otherwise up to 100; for action one each.",
    };

    private readonly Option<string> _conversation = new("--conversation")
    {
        Description = "The conversation's id; with several rooms a number follows it.",
        DefaultValueFactory = static _ => "load",
    };

    private readonly Option<int?> _events = new Option<int?>("--events")
    {
        Description = "Actions in all. Without it, those of --rate in --duration; 100 in a fanout without --rate.",
    }.Within(1, MaxEvents);

    private readonly Option<double> _rate = new Option<double>("--rate")
    {
        Description = "Actions a second in each room, for fanout, rooms and mixed; 0: the next when all have been shown the one before.",
    }.Within(0, MaxRate);

    private readonly Option<int> _size = new Option<int>("--size")
    {
        Description = "Bytes of an action's text.",
        DefaultValueFactory = static _ => 500,
    }.Within(1, MaxSize);

    private readonly Option<double> _duration = new Option<double>("--duration")
    {
        Description = "Seconds that the work lasts, where nothing else ends it.",
        DefaultValueFactory = static _ => 10,
    }.Within(0.1, 86_400);

    private readonly Option<string?> _key = new("--session-api-key")
    {
        Description = "The server's session_api_key; otherwise the environment's SESSION_API_KEY. It is never written.",
    };

    private readonly Option<long?> _latest = new Option<long?>("--latest-event-id")
    {
        Description = "What the clients say they have; in return, when they come back.",
    }.Within(-1, long.MaxValue);

    private readonly Option<int> _expected = new Option<int>("--expect")
    {
        Description = "Events that each client is to be given by replay or return; what is missing, or comes twice, is a fault.",
    }.Within(0, MaxEvents);

    private readonly Option<string?> _until = new("--until")
    {
        Description = "The name of an event that ends a replay, for a server that answers CONNECT before it.",
    };

    private readonly Option<int> _readRate = new Option<int>("--read-rate")
    {
        Description = "Bytes a second that each client of a replay reads; 0: all.",
    }.Within(0, int.MaxValue);

    private readonly Option<int> _neverRead = new("--never-read") { Description = "So many of the clients never read." };

    private readonly Option<bool> _compress = new("--compress") { Description = "The clients offer permessage-deflate, as browsers do." };

    private readonly Option<double> _churn = new Option<double>("--churn")
    {
        Description = "The share of mixed's clients that leave and come back each second.",
        DefaultValueFactory = static _ => 0.01,
    }.Within(0, 1);

    private readonly Option<int?> _connecting = new Option<int?>("--connecting")
    {
        Description = "Connects that are under way at one time: 100; in connect and return all.",
    }.Within(1, MaxClients);

    private readonly Option<int> _addresses = new Option<int>("--local-addresses")
    {
        Description = "Source addresses, 127.0.0.1 and so on, for a server on this machine: each gives some 28,000 connections.",
        DefaultValueFactory = static _ => 1,
    }.Within(1, MaxLocalAddresses);

    private readonly Option<int> _process = new Option<int>("--pid")
    {
        Description = "The server's process on this machine: its processor time and memory.",
    }.Within(1, int.MaxValue);

    private readonly Option<string?> _json = new("--json") { Description = "A file for the result as JSON; - for standard output." };

    private readonly Option<bool> _warmUp = new("--warm-up") { Description = "Do all of it once before, and count only the second time." };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Take any certificate." };

    private readonly Option<bool> _remote = new("--i-may-load-this-server")
    {
        Description = "The server is not on this machine, and those who run it know of the load.",
    };

    public IReadOnlyList<Option> All =>
    [
        _url, _scenario, _clients, _rooms, _conversation, _events, _rate, _size, _duration, _key, _latest, _expected, _until, _readRate,
        _neverRead, _compress, _churn, _connecting, _addresses, _process, _json, _warmUp,
        _insecure, _remote,
    ];

    /// <summary>Where the JSON goes; null: nowhere.</summary>
    public string? JsonFile(ParseResult parsed) => parsed.GetValue(_json);

    public bool WarmsUp(ParseResult parsed) => parsed.GetValue(_warmUp);

    /// <summary>The first thing that is wrong, in one line; null when nothing is.</summary>
    public string? FindProblem(ParseResult parsed) =>
        AddressOf(parsed) is not { } address ? "--url is no http, https, ws or wss URL"
        : !s_scenarios.Contains(parsed.GetRequiredValue(_scenario)) ? $"--scenario is one of {string.Join(", ", s_scenarios)}"
        : FindBound(parsed) ?? FindClash(parsed, address);

    /// <summary>Only of what has no problem.</summary>
    public LoadPlan Plan(ParseResult parsed)
    {
        var address = AddressOf(parsed) ?? throw new InvalidOperationException("The address was not checked.");
        var scenario = ScenarioOf(parsed);
        var clients = ClientsOf(parsed);
        var isAtOnce = scenario is LoadScenario.Connect or LoadScenario.Return or LoadScenario.Replay;
        var rate = parsed.GetValue(_rate);
        return new LoadPlan(address, scenario)
        {
            Clients = clients,
            Rooms = RoomsOf(parsed),
            Conversation = parsed.GetRequiredValue(_conversation),
            Events = parsed.GetValue(_events) ?? (scenario == LoadScenario.Fanout && rate == 0 ? DefaultEvents : 0),
            Rate = rate == 0 && scenario is LoadScenario.Rooms or LoadScenario.Mixed ? Math.Max(rate, 1) : rate,
            Size = parsed.GetValue(_size),
            Duration = TimeSpan.FromSeconds(parsed.GetValue(_duration)),
            Key = parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable("SESSION_API_KEY"),
            LatestEventId = parsed.GetValue(_latest),
            Expected = parsed.GetValue(_expected),
            Until = parsed.GetValue(_until),
            ReadRate = parsed.GetValue(_readRate),
            IsCompressing = parsed.GetValue(_compress),
            NeverRead = parsed.GetValue(_neverRead),
            Churn = parsed.GetValue(_churn),
            Connecting = parsed.GetValue(_connecting) ?? (isAtOnce ? clients : DefaultClients),
            LocalAddresses = parsed.GetValue(_addresses),
            IsInsecure = parsed.GetValue(_insecure),
            ServerProcess = parsed.GetValue(_process),
        };
    }

    // The other ranges depend on nothing.
    private string? FindBound(ParseResult parsed) =>
        NumberRange.FindProblem(_rooms, parsed.GetValue(_rooms) ?? 1, 1, ClientsOf(parsed))
        ?? NumberRange.FindProblem(_neverRead, parsed.GetValue(_neverRead), 0, ClientsOf(parsed) - 1);

    private string? FindClash(ParseResult parsed, Uri address)
    {
        var clients = ClientsOf(parsed);
        var addresses = parsed.GetValue(_addresses);
        var scenario = ScenarioOf(parsed);
        if (parsed.GetValue(_rate) > 0 && scenario is not (LoadScenario.Fanout or LoadScenario.Rooms or LoadScenario.Mixed))
        {
            return "--rate is for fanout, rooms and mixed; in action each client acts as soon as it is shown its action";
        }

        if (parsed.GetValue(_json) is { } json && json != LoadDisplay.StandardOutput
            && ReportFile.FindProblem(new FileInfo(json)) is { } unwritable)
        {
            return $"--json cannot be written: {unwritable}";
        }

        if (!IsLoopback(address))
        {
            return !parsed.GetValue(_remote)
                ? $"{address.Host} is not this machine: add --i-may-load-this-server when those who run it know of the load"
                : addresses > 1 ? "--local-addresses is for a server on this machine"
                : parsed.GetValue(_process) > 0 ? "--pid is for a server on this machine"
                : null;
        }

        if (parsed.GetValue(_process) is not 0 and var process && !Directory.Exists($"/proc/{process}"))
        {
            return $"--pid: there is no process {process}";
        }

        if (parsed.GetValue(_readRate) > 0 && (scenario != LoadScenario.Replay || address.Scheme is "https" or "wss"))
        {
            return "--read-rate is for replay without TLS";
        }

        if (ProcessUsage.OpenFilesLimit() is { } limit && clients + OwnFiles > limit)
        {
            return $"{clients} clients need {clients + OwnFiles} open files, and this process may have {limit} (ulimit -n)";
        }

        return clients > (long)addresses * PortsOfAnAddress
            ? $"{clients} clients need --local-addresses {((clients - 1) / PortsOfAnAddress) + 1}"
            : null;
    }

    private int RoomsOf(ParseResult parsed) => parsed.GetValue(_rooms) ?? ScenarioOf(parsed) switch
    {
        LoadScenario.Fanout or LoadScenario.Replay => 1,
        LoadScenario.Action => ClientsOf(parsed),
        _ => Math.Min(DefaultRooms, ClientsOf(parsed)),
    };

    private int ClientsOf(ParseResult parsed) =>
        parsed.GetValue(_clients) ?? (ScenarioOf(parsed) is LoadScenario.Action or LoadScenario.Replay ? 1 : DefaultClients);

    private LoadScenario ScenarioOf(ParseResult parsed) =>
        (LoadScenario)Array.IndexOf(s_scenarios, parsed.GetRequiredValue(_scenario));

    private Uri? AddressOf(ParseResult parsed) =>
        Uri.TryCreate(parsed.GetRequiredValue(_url), UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https" or "ws" or "wss"
            ? address
            : null;

    private static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));
}
