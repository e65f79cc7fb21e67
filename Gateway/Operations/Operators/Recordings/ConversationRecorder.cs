using System.Globalization;
using System.Text.Json;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>What came of an operator's wish: null, or why not.</summary>
internal readonly record struct RecordingOutcome(string? Name, string? Problem);

/// <summary>
/// Starts and stops recordings of conversations: the store as it is then, and what goes over the sockets from then on. Any thread; the host
/// stops what is still under way.
/// </summary>
internal sealed partial class ConversationRecorder(
    ActiveRecordings active,
    RecordingFolder folder,
    IRecordingFiles files,
    SessionRegistry sessions,
    RecordedHistory history,
    OperatorOptions options,
    TimeProvider timeProvider,
    ILogger<ConversationRecorder> logger)
    : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<ConversationRecording, Task> _running = [];

    public async Task<RecordingOutcome> StartAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            return active.Of(key.Id) is not null ? new RecordingOutcome(null, "The conversation is being recorded already.")
                : active.Count >= options.MaxRecordings
                ? new RecordingOutcome(null, $"{active.Count} conversations are being recorded, and no more may be at one time.")
                : await BeginAsync(key, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotStarted(logger, exception, key.Id);
            return new RecordingOutcome(null, "The recording could not be written.");
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Ends a recording, and completes when all of it is written. Its name, or why there is none.</summary>
    public async Task<RecordingOutcome> StopAsync(ConversationId id)
    {
        if (active.Of(id) is not { } recording)
        {
            return new RecordingOutcome(null, "The conversation is not being recorded.");
        }

        Task? running;
        lock (_lock)
        {
            running = _running.GetValueOrDefault(recording);
        }

        recording.End(ConversationRecording.Stopped);
        await (running ?? Task.CompletedTask);
        return new RecordingOutcome(recording.Name, null);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_lock)
        {
            running = [.. _running.Values];
        }

        foreach (var recording in active.All)
        {
            recording.End("server_shutdown");
        }

        await Task.WhenAll(running).WaitAsync(cancellationToken);
    }

    public void Dispose() => _starting.Dispose();

    private async Task<RecordingOutcome> BeginAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{key.Id}-{timeProvider.GetUtcNow():yyyyMMdd'T'HHmmssfff}");
        var path = folder.Create(name);
        var file = files.Create(path);
        var recording = new ConversationRecording(key, name, file, options.MaxRecordingBytes, timeProvider);
        active.TryAdd(recording);
        var isRunning = false;
        try
        {
            // First those that are there, then the history: what comes between is in both, and is shown once.
            foreach (var session in sessions.Sessions.Where(session => IsIn(session, key)))
            {
                recording.Adopt(session);
            }

            var (head, problem) = await history.WriteAsync(
                key, Path.Join(path, "store"), file.Redact, options.MaxRecordingBytes, cancellationToken);
            if (problem is not null)
            {
                return new RecordingOutcome(null, problem);
            }

            await File.WriteAllBytesAsync(
                Path.Join(path, "fixture.json"),
                JsonSerializer.SerializeToUtf8Bytes(new { title = $"The conversation {key.Id}, recorded by an operator" }),
                cancellationToken);
            isRunning = true;
            lock (_lock)
            {
                _running[recording] = RunAsync(recording, head);
            }

            Log.Started(logger, key.Id);
            return new RecordingOutcome(name, null);
        }
        finally
        {
            if (!isRunning)
            {
                recording.End("not_begun");
                active.Remove(recording);
                await file.DisposeAsync();
                Directory.Delete(path, recursive: true);
            }
        }
    }

    private async Task RunAsync(ConversationRecording recording, int head)
    {
        await Task.Yield();
        try
        {
            await recording.RunAsync(head);
        }
        catch (Exception exception)
        {
            // The top of the recording's loop: it ends, and serving goes on.
            Log.Failed(logger, exception, recording.Key.Id);
            recording.End("failed");
        }

        active.Remove(recording);
        lock (_lock)
        {
            _running.Remove(recording);
        }

        Log.Ended(logger, recording.Key.Id, recording.EndReason ?? "failed", recording.Connections, recording.Frames);
        try
        {
            folder.Prune(name => active.All.Any(one => one.Name == name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotPruned(logger, exception);
        }
    }

    private static bool IsIn(EngineSession session, ConversationKey key) =>
        ConversationRecording.SocketOf(session) is { } socket
        && ConversationNamespace.ClientOf(socket) is { } client
        && client.Session.Key == key;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Conversation {ConversationId}: an operator records it.")]
        public static partial void Started(ILogger logger, ConversationId conversationId);

        [LoggerMessage(2, LogLevel.Information,
            "Conversation {ConversationId}: the recording has ended ({Reason}): {Connections} connections, {Frames} frames.")]
        public static partial void Ended(ILogger logger, ConversationId conversationId, string reason, int connections, long frames);

        [LoggerMessage(3, LogLevel.Warning, "Conversation {ConversationId}: it could not be recorded.")]
        public static partial void NotStarted(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(4, LogLevel.Error, "Conversation {ConversationId}: its recording has failed.")]
        public static partial void Failed(ILogger logger, Exception exception, ConversationId conversationId);

        [LoggerMessage(5, LogLevel.Warning, "Old recordings could not be taken away.")]
        public static partial void NotPruned(ILogger logger, Exception exception);
    }
}
