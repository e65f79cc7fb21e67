using Gateway.Cli;
using Gateway.Conversations.Storage;
using Gateway.Hosting;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Support;

/// <summary>
/// Gateways in this process on a database of a fixture's own, which begins as the fixture's store. Where there are several, connections and
/// calls go to them in turn. One test uses it.
/// </summary>
internal sealed class DatabaseTargets(int count, bool runsCommands) : IVerifyTargetFactory
{
    public TargetTraits Traits { get; } = new(IsOurs: true, runsCommands, PlaysRecordedAgent: true);

    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        var target = new Target(fixture, settings, count, runsCommands, await TestedDatabase.CreateAsync());
        try
        {
            await target.PrepareAsync(fixture, settings, cancellationToken);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private sealed class Target : IVerifyTarget
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-verify-");
        private readonly TestedDatabase _database;
        private readonly ImportedFiles _files;
        private readonly HandMadeChanges _changes;
        private readonly RecordedServerArguments _arguments;
        private readonly WebApplication?[] _nodes;
        private int _restartIndex;
        private int _asked;

        public Target(Fixture fixture, TargetSettings settings, int count, bool runsCommands, TestedDatabase database)
        {
            _database = database;
            _files = new ImportedFiles(database);
            _nodes = new WebApplication?[count];
            _changes = new HandMadeChanges(_folder.FullName, runsCommands);
            _arguments = new RecordedServerArguments(
                fixture, settings, _changes.WorkspaceFolder, InProcessTargets.RecordedAgent, webRoot: "");
        }

        /// <summary>Of another one each time.</summary>
        public Uri Address => new(_nodes[_asked++ % _nodes.Length]?.Urls.Single() ?? "http://127.0.0.1:0");

        public bool CanRestart => true;

        public async Task PrepareAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
        {
            if (fixture.StorePath is { } recorded)
            {
                await _files.PutAllAsync(recorded);
            }

            if (settings.SettingsJson is { } shown)
            {
                await _files.PutAsync("settings.json", shown);
            }

            foreach (var command in fixture.Info.Workspace)
            {
                await ApplyAsync(new FixtureChange(default) { Command = command }, cancellationToken);
            }

            await StartAsync(cancellationToken);
        }

        public async Task ApplyAsync(FixtureChange change, CancellationToken cancellationToken)
        {
            if (change.File is { } file)
            {
                await _files.PutAsync(file, change.Text);
            }

            await _changes.ApplyAsync(change with { File = null }, cancellationToken);
        }

        public async Task RestartAsync(CancellationToken cancellationToken)
        {
            await StopAsync();
            _restartIndex++;
            await StartAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await _database.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        private async Task StartAsync(CancellationToken cancellationToken)
        {
            for (var i = 0; i < _nodes.Length; i++)
            {
                var node = GatewayApp.Build(
                    [
                        $"--Storage:Kind={StorageKind.Postgres}", $"--Storage:Postgres:ConnectionString={_database.ConnectionString}",
                        .. _arguments.Of(_restartIndex),
                    ],
                    builder => builder.Services.AddSingleton(_arguments.TimeProvider));
                _nodes[i] = node;
                await node.StartAsync(cancellationToken);
            }
        }

        private async Task StopAsync()
        {
            foreach (var node in _nodes.OfType<WebApplication>())
            {
                await node.StopAsync();
                await node.DisposeAsync();
            }

            Array.Clear(_nodes);
        }
    }
}
