using Gateway.Hosting;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Microsoft.Extensions.Options;

namespace Gateway.Cli;

/// <summary>
/// Starts a gateway in this process for each fixture: on a copy of its store, at the time of the recording. Thread-safe.
/// </summary>
/// <param name="runsCommands">The fixtures may have their shell commands run, which make a workspace.</param>
/// <param name="agent">Who answers: the setting <c>Agent</c>.</param>
/// <param name="webRoot">The built folder of a web UI: the setting <c>Web:Root</c>; empty for none.</param>
internal sealed class InProcessTargets(bool runsCommands = false, string agent = InProcessTargets.RecordedAgent, string webRoot = "")
    : IVerifyTargetFactory
{
    public const string RecordedAgent = "recorded";

    public TargetTraits Traits { get; } = new(IsOurs: true, runsCommands, agent == RecordedAgent);

    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-verify-");
        var target = new InProcessTarget(fixture, settings, folder, runsCommands, agent, webRoot);
        try
        {
            if (fixture.StorePath is { } recorded)
            {
                Copy(recorded, target.StoreFolder);
            }

            if (settings.SettingsJson is { } shown)
            {
                await target.ApplyAsync(new FixtureChange(default) { File = "settings.json", Text = shown }, cancellationToken);
            }

            foreach (var command in fixture.Info.Workspace)
            {
                await target.ApplyAsync(new FixtureChange(default) { Command = command }, cancellationToken);
            }

            await target.StartAsync(cancellationToken);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }
}

/// <summary>One gateway in this process. Owns it, and the folder of its store and its workspace. One caller at a time.</summary>
internal sealed class InProcessTarget : IVerifyTarget
{
    private readonly HandMadeChanges _changes;
    private readonly RecordedServerArguments _arguments;
    private readonly DirectoryInfo _folder;
    private WebApplication? _app;
    private int _restartIndex;

    public InProcessTarget(
        Fixture fixture, TargetSettings settings, DirectoryInfo folder, bool runsCommands, string agent, string webRoot)
    {
        _folder = folder;
        _changes = new HandMadeChanges(folder.FullName, runsCommands);
        _arguments = new RecordedServerArguments(fixture, settings, _changes.WorkspaceFolder, agent, webRoot);
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    public bool CanRestart => true;

    public string StoreFolder => _changes.StoreFolder;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _app = GatewayApp.Build(
                ["--Storage:Kind=Files", $"--Storage:Root={StoreFolder}", .. _arguments.Of(_restartIndex)],
                builder => builder.Services.AddSingleton(_arguments.TimeProvider));
            await _app.StartAsync(cancellationToken);
        }
        catch (OptionsValidationException exception)
        {
            throw new TargetException($"the gateway does not start: {string.Join("; ", exception.Failures)}", exception);
        }

        Address = new Uri(_app.Urls.First());
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        _restartIndex++;
        await StartAsync(cancellationToken);
    }

    public Task ApplyAsync(FixtureChange change, CancellationToken cancellationToken) => _changes.ApplyAsync(change, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
