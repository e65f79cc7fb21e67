using System.CommandLine;
using System.Net;

using Gateway.Primitives;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Verify.Play;

namespace Gateway.Cli;

/// <summary>The options of <c>gateway shadow</c>, and what they say together. Owned by the command.</summary>
internal sealed class ShadowArguments
{
    public const string InProcess = "in-process";

    private const string Read = "read";
    private const string Act = "act";
    private const string Full = "full";
    private const string KeyVariable = "SESSION_API_KEY";

    private readonly Option<string> _server = new("--v0") { Description = "V0's address.", Required = true };

    private readonly Option<string> _candidate = new("--candidate")
    {
        Description = "The address of the server to compare, or in-process: a gateway in this process on a copy of --store.",
        DefaultValueFactory = static _ => InProcess,
    };

    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where V0's clients come: http://127.0.0.1:3100.",
        DefaultValueFactory = static _ => "http://127.0.0.1:3100",
    };

    private readonly Option<string> _mode = new("--mode")
    {
        Description = "read: replays and REST calls that read. act: what clients do as well, beside a gateway in this process. "
            + "full: what a user did, again in a throw-away conversation of the candidate's, whose own agent answers.",
        DefaultValueFactory = static _ => Read,
    };

    private readonly Option<double> _window = new Option<double>("--window")
    {
        Description = "Minutes after which a conversation that goes on is compared, in modes act and full.",
        DefaultValueFactory = static _ => 5,
    }.Within(0.1, 60);

    private readonly Option<string?> _noise = new("--noise")
    {
        Description = "The address of a second V0, in mode full: in what it differs from the first one is no difference of the candidate's.",
    };

    private readonly Option<double> _turn = new Option<double>("--turn")
    {
        Description = "Minutes that an agent may take for one turn, in mode full.",
        DefaultValueFactory = static _ => 5,
    }.Within(0.01, 60);

    private readonly Option<DirectoryInfo?> _store = new("--store")
    {
        Description = "V0's file store, read only. Needed for a candidate in this process.",
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = $"V0's session_api_key; without it that of {KeyVariable}, if there is one.",
    };

    private readonly Option<string?> _candidateKey = new("--candidate-key")
    {
        Description = "The key that a candidate at an address asks for in place of V0's.",
    };

    private readonly Option<double> _sample = new Option<double>("--sample")
    {
        Description = "Percent of the conversations that are compared, always the same ones.",
        DefaultValueFactory = static _ => 100,
    }.Within(0, 100);

    private readonly Option<double> _cpu = new Option<double>("--cpu")
    {
        Description = "Percent of the machine's processors past which comparisons give way.",
        DefaultValueFactory = static _ => 50,
    }.Within(0.01, 100);

    private readonly Option<int> _memory = new Option<int>("--memory")
    {
        Description = "MiB that are kept for comparing, at most.",
        DefaultValueFactory = static _ => 128,
    }.Within(16, 16_384);

    private readonly Option<double> _maxErrors = new Option<double>("--max-errors")
    {
        Description = "Percent of the latest comparisons in which the candidate may fail before comparing is turned off.",
        DefaultValueFactory = static _ => 50,
    }.Within(0, 100);

    private readonly Option<double> _timeout = new Option<double>("--timeout")
    {
        Description = "Seconds that the candidate may take for an answer.",
        DefaultValueFactory = static _ => 10,
    }.Within(0.1, 600);

    private readonly Option<double> _slow = new Option<double>("--slow")
    {
        Description = "Seconds that the candidate may take longer than four times V0's time before it is said to be slow.",
        DefaultValueFactory = static _ => 1,
    }.Within(0, 600);

    private readonly Option<DirectoryInfo?> _fixtures = new("--fixtures")
    {
        Description = "A folder for a fixture of each group of differences, for gateway verify. It is made, or empty.",
    };

    private readonly Option<string?> _operators = new("--operators")
    {
        Description = "An address for the operators' routes: GET /shadow, POST /shadow/off and /shadow/on.",
    };

    private readonly Option<string?> _operatorsKey = new("--operators-key")
    {
        Description = "Their key; without it that of Operations__Key. Without any the routes are on loopback alone, and cannot switch.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "JSON lines on standard output in place of the table." };

    private readonly Option<FileInfo?> _report = new("--report") { Description = "Write a JSON report to this file at the end." };

    public IEnumerable<Option> All =>
    [
        _server, _candidate, _listen, _mode, _window, _noise, _turn, _store, _key, _candidateKey, _sample, _cpu, _memory, _maxErrors,
        _timeout, _slow, _fixtures, _operators, _operatorsKey, _json, _report,
    ];

    /// <summary>What is wrong with what was given, in one line; null when nothing is.</summary>
    public string? FindProblem(ParseResult parsed)
    {
        var store = parsed.GetValue(_store);
        var isInProcess = IsInProcess(parsed);
        return !HttpAddress.TryParse(parsed.GetValue(_server), out var server) || server.PathAndQuery != "/"
            ? "--v0 is no http or https URL of a server"
            : !isInProcess && !HttpAddress.TryParse(parsed.GetValue(_candidate), out _)
            ? $"--candidate is neither {InProcess} nor an http or https URL"
            : OwnAddress.TryParse(parsed.GetValue(_listen)) is null
            ? $"--listen is no {OwnAddress.Form}"
            : FindSelf(parsed) is { } self
            ? $"{self} is where --listen listens: shadow would connect to itself"
            : parsed.GetValue(_operators) is { } operators && OwnAddress.TryParse(operators) is null
            ? "--operators is no http URL with an IP address and a port"
            : parsed.GetValue(_mode) is not (Read or Act or Full)
            ? $"--mode is {Read}, {Act} or {Full}"
            : parsed.GetValue(_mode) == Full && isInProcess
            ? "--mode full is for a candidate at an address, with an agent of its own"
            : parsed.GetValue(_noise) is { } noise && (parsed.GetValue(_mode) != Full || !HttpAddress.TryParse(noise, out _))
            ? "--noise is the http or https URL of a second V0, for --mode full"
            : parsed.GetValue(_mode) == Act && !isInProcess
            ? "--mode act is for a candidate in this process: the agent of one at an address cannot be told what V0's agent does"
            : isInProcess && store is null
            ? "a candidate in this process needs --store, V0's file store"
            : store is not null && !IsStore(store)
            ? $"--store {store} is no file store of V0's: it has neither sessions nor users nor settings"
            : isInProcess && parsed.GetValue(_candidateKey) is not null
            ? "--candidate-key is for a candidate at an address; one in this process has V0's key"
            : parsed.GetValue(_fixtures) is { Exists: true } fixtures && fixtures.EnumerateFileSystemInfos().Any()
            ? $"--fixtures {fixtures} is not empty: nothing is written over"
            : parsed.GetValue(_report) is { } report && ReportFile.FindProblem(report) is { } unwritable
            ? $"--report cannot be written: {unwritable}"
            : parsed.GetValue(_operators) is { } address && OperatorsKey(parsed).Length == 0
                && !IPAddress.IsLoopback((OwnAddress.TryParse(address) ?? new IPEndPoint(IPAddress.Any, 0)).Address)
            ? "--operators without a key is for a loopback address: give --operators-key"
            : null;
    }

    public bool IsInProcess(ParseResult parsed) => parsed.GetValue(_candidate) == InProcess;

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public FileInfo? Report(ParseResult parsed) => parsed.GetValue(_report);

    public string? Operators(ParseResult parsed) => parsed.GetValue(_operators);

    public string OperatorsKey(ParseResult parsed) =>
        parsed.GetValue(_operatorsKey) ?? Environment.GetEnvironmentVariable("Operations__Key") ?? "";

    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public async Task<IShadowCandidate> StartCandidateAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        IsInProcess(parsed) && parsed.GetValue(_store) is { } store
            ? await InProcessCandidate.StartAsync(store.FullName, Key(parsed) ?? "", cancellationToken)
            : new CandidateAtAnAddress(new Uri(parsed.GetRequiredValue(_candidate)));

    /// <summary>Of what <see cref="FindProblem"/> finds nothing wrong with.</summary>
    public ShadowSettings Settings(ParseResult parsed) => new(
        OwnAddress.TryParse(parsed.GetValue(_listen)) ?? throw new InvalidOperationException("Not checked."),
        new Uri(parsed.GetRequiredValue(_server)))
    {
        SamplePercent = parsed.GetValue(_sample),
        CpuPercent = parsed.GetValue(_cpu),
        MaxErrorShare = parsed.GetValue(_maxErrors) / 100,
        Limits = ShadowLimits.Of(parsed.GetValue(_memory)),
        ActTargets = parsed.GetValue(_mode) == Act ? new InProcessTargets() : null,
        Full = parsed.GetValue(_mode) == Full
            ? new FullSettings(TimeSpan.FromMinutes(parsed.GetValue(_turn)), parsed.GetValue(_noise) is { } noise ? new Uri(noise) : null)
            : null,
        Window = TimeSpan.FromMinutes(parsed.GetValue(_window)),
        FixtureFolder = parsed.GetValue(_fixtures)?.FullName,
        Candidate = new CandidateOptions(
            TimeSpan.FromSeconds(parsed.GetValue(_timeout)), TimeSpan.FromSeconds(parsed.GetValue(_slow)))
        {
            Credentials = new TargetCredentials(parsed.GetValue(_candidateKey), Key(parsed), []),
            StorePath = parsed.GetValue(_store)?.FullName,
            IsCold = IsInProcess(parsed),
        },
    };

    // A new V0 has its settings alone.
    private static bool IsStore(DirectoryInfo store) =>
        Directory.Exists(Path.Combine(store.FullName, "sessions"))
        || Directory.Exists(Path.Combine(store.FullName, "users"))
        || File.Exists(Path.Combine(store.FullName, "settings.json"));

    /// <summary>The option whose address is the one that is listened at; null when none is.</summary>
    private string? FindSelf(ParseResult parsed)
    {
        (string Name, string? Url)[] asked =
        [
            (_server.Name, parsed.GetValue(_server)),
            (_candidate.Name, parsed.GetValue(_candidate)),
            (_noise.Name, parsed.GetValue(_noise)),
        ];
        return OwnAddress.TryParse(parsed.GetValue(_listen)) is { Port: > 0 } listen
            ? Array.Find(asked, one => HttpAddress.TryParse(one.Url, out var address) && OwnAddress.Is(address, listen)).Name
            : null;
    }

    private string? Key(ParseResult parsed) =>
        (parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable(KeyVariable)) is { Length: > 0 } key ? key : null;
}
