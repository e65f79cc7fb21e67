using System.Diagnostics;
using System.Threading.Channels;

using Gateway.Hosting;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>
/// One row's conversation: a gateway of its own before the server under test, and V0 clients of it. What steps do is here. Owned by one
/// row, which calls one member at a time.
/// </summary>
internal sealed class DriftStage : IAsyncDisposable
{
    private static readonly TimeSpan s_restartPoll = TimeSpan.FromMilliseconds(500);

    private readonly DriftOptions _options;
    private readonly DriftServer _server;
    private readonly Uri _address;
    private readonly ScriptedModel _model;
    private readonly Guid _id;
    private readonly TempStore _store = TempStore.Empty();
    private readonly TcpLink? _link;
    private readonly HandWrittenClient _client = new([]);
    private HandWrittenClient? _second;
    private WebApplication? _gateway;
    private int _lastId = -1;

    private DriftStage(DriftOptions options, DriftServer server, Uri address, ScriptedModel model, Guid id, bool cuts)
    {
        _options = options;
        _server = server;
        _address = address;
        _model = model;
        _id = id;
        // To an http server: with TLS the name would not be the server's.
        _link = cuts ? TcpLink.Start(address.Host, address.Port) : null;
    }

    private string Name => _id.ToString("N");

    private Visit Visit => new(new Uri(_gateway?.Urls.Single() ?? throw new InvalidOperationException("Not started.")), Name, _lastId);

    /// <summary>True while states say no more than that the server goes and comes.</summary>
    public bool IgnoresStates { get; set; }

    /// <summary>Makes the conversation at the server, and connects the first client.</summary>
    public static async Task<DriftStage> StartAsync(
        DriftRow row, DriftOptions options, DriftServer server, Uri address, ScriptedModel model, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var stage = new DriftStage(options, server, address, model, id, row.NeedsCut);
        try
        {
            var folder = $"{options.Workspace.TrimEnd('/')}/{stage.Name}";
            model.Play(stage.Name, row.ModelFailure is { } status
                ? ModelScript.Failing(status)
                : ModelScript.OfRecording(row.Recording, folder));
            foreach (var turn in row.Holds)
            {
                model.Hold(stage.Name, turn);
            }

            var modelUrl = (options.ModelUrl ?? model.Address).AbsoluteUri.TrimEnd('/');
            await server.CreateAsync(id, new Uri($"{modelUrl}/{stage.Name}/v1"), folder, row.ConfirmationPolicy, cancellationToken);
            await stage.StartGatewayAsync(cancellationToken);
            await stage._client.ConnectAsync(stage.Visit);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public Task SayAsync(string text) => _client.EmitAsync(Actions.Message(text));

    public Task SetAsync(string state) => _client.EmitAsync(
        new JObject { ["action"] = "change_agent_state", ["args"] = new JObject { ["agent_state"] = state } });

    /// <summary>As above, once the model has been asked for that turn, which it is held back from.</summary>
    public async Task SetWhenAskedAsync(string state, int turn)
    {
        if (!_options.IsPlayed)
        {
            await _model.AskedAsync(Name, turn).WaitAsync(_options.Limit);
        }

        await SetAsync(state);
    }

    public Task ReleaseAsync(int turn)
    {
        _model.Release(Name, turn);
        return Task.CompletedTask;
    }

    /// <summary>The network to the server is lost, and there again.</summary>
    public Task CutAsync()
    {
        _link?.Cut();
        return Task.CompletedTask;
    }

    /// <summary>The client loses its connection, and comes back from the last event that it has seen.</summary>
    public async Task ReturnAsync()
    {
        await _client.CutAsync();

        // What had come and was not looked at yet comes again.
        while (_client.Seen.TryRead(out _))
        {
        }

        await _client.ConnectAsync(Visit);
    }

    public Task JoinAsync()
    {
        _second = new HandWrittenClient([]);
        return _second.ConnectAsync(Visit);
    }

    public Task SayAsSecondAsync(string text) =>
        (_second ?? throw new InvalidOperationException("There is no second client.")).EmitAsync(Actions.Message(text));

    /// <summary>Runs the operator's command, and waits until the server answers.</summary>
    public async Task RestartAsync()
    {
        IgnoresStates = true;
        using var limit = new CancellationTokenSource(_options.Limit);
        using var command = Process.Start(new ProcessStartInfo("bash", ["-c", _options.RestartCommand ?? ""])
        {
            Environment = { ["DRIFT_URL"] = _address.ToString() },
        }) ?? throw new DriftException("the restart command does not start");
        await command.WaitForExitAsync(limit.Token);
        if (command.ExitCode != 0)
        {
            throw new DriftException($"the restart command ended with {command.ExitCode}");
        }

        while (true)
        {
            try
            {
                await _server.GetVersionAsync(limit.Token);
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or DriftException)
            {
                await Task.Delay(s_restartPoll, limit.Token);
            }
        }
    }

    /// <summary>The next frame of the first client; null when none comes in time.</summary>
    public Task<string?> NextAsync(TimeSpan limit) => NextAsync(_client.Seen, limit, isFirst: true);

    /// <summary>What the second client has seen; null without one.</summary>
    public async Task<IReadOnlyList<string>?> OfSecondAsync(int count)
    {
        if (_second is null)
        {
            return null;
        }

        var frames = new List<string>();
        while (frames.Count < count && await NextAsync(_second.Seen, _options.Limit, isFirst: false) is { } frame)
        {
            if (frames.Count > 0 || !DriftFrame.IsState(frame))
            {
                frames.Add(frame);
            }
        }

        return frames;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        if (_second is not null)
        {
            await _second.DisposeAsync();
        }

        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_link is not null)
        {
            await _link.DisposeAsync();
        }

        _store.Dispose();
        try
        {
            using var limit = new CancellationTokenSource(_options.Limit);
            await _server.DeleteAsync(_id, limit.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or DriftException or OperationCanceledException)
        {
            // It may never have been made; what the row found counts.
        }
    }

    private async Task StartGatewayAsync(CancellationToken cancellationToken)
    {
        var reached = _link is null ? _address : new UriBuilder(_address) { Host = "127.0.0.1", Port = _link.Port }.Uri;
        var server = reached.AbsoluteUri.TrimEnd('/');
        _gateway = GatewayApp.Build(
            [
                "--urls=http://127.0.0.1:0", $"--FILE_STORE_PATH={_store.Root}", "--Agent=v1", $"--V1:BaseUrl={server}",
                $"--V1:SessionApiKey={_options.Key}", "--V1:ReconnectDelay=00:00:00.500", "--SESSION_API_KEY=",
            ],
            static builder => builder.Logging.ClearProviders());
        await _gateway.StartAsync(cancellationToken);
    }

    private async Task<string?> NextAsync(ChannelReader<Observation> seen, TimeSpan limit, bool isFirst)
    {
        using var end = new CancellationTokenSource(limit);
        try
        {
            while (true)
            {
                var observation = await seen.ReadAsync(end.Token);
                switch (observation.On)
                {
                    case "refused":
                        throw new DriftException($"the gateway refuses the client: {observation.Value}");
                    case "event" when observation.Value is JObject v0Event:
                        if (isFirst && v0Event["id"] is JValue { Type: JTokenType.Integer } id)
                        {
                            _lastId = Math.Max(_lastId, (int)id);
                        }

                        if (DriftFrame.Of(v0Event) is { } frame)
                        {
                            return frame;
                        }

                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
