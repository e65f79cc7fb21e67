using Gateway.Cli;
using Gateway.Tools.Record;

using Microsoft.AspNetCore.Builder;

namespace Gateway.Tests.Support;

/// <summary>The recording proxy in this process, in front of an upstream, writing into a temporary folder. One test owns it.</summary>
internal sealed class RecordingHost : IAsyncDisposable
{
    private readonly TempStore _folder = TempStore.Empty();
    private readonly SessionRecorder _recorder;
    private readonly RecordingProxy _proxy;
    private readonly WebApplication _app;
    private bool _isStopped;

    private RecordingHost(Uri upstream, bool withHttp, bool keepSecrets)
    {
        _recorder = new SessionRecorder(Folder, keepSecrets, TimeProvider.System);
        _proxy = new RecordingProxy(upstream, _recorder, withHttp);
        _app = RecordCommand.Build(_proxy, "http://127.0.0.1:0");
    }

    public Uri Address => new(_app.Urls.Single());

    public string Folder => _folder.Root;

    public string File => Path.Combine(Folder, "session.har");

    public RecordingCounts Counts => _recorder.Counts;

    public static async Task<RecordingHost> StartAsync(Uri upstream, bool withHttp = false, bool keepSecrets = false)
    {
        var host = new RecordingHost(upstream, withHttp, keepSecrets);
        await host._app.StartAsync().WaitAsync(TestLimits.Step);
        host._recorder.Start();
        return host;
    }

    /// <summary>Ends the recording, as Ctrl+C does; the file stays until the host is disposed.</summary>
    public async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _app.StopAsync().WaitAsync(TestLimits.Step);
            await _recorder.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _proxy.Dispose();
        _folder.Dispose();
    }
}
