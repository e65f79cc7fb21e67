using Gateway.EngineIO;
using Gateway.Operations.Operators.Recordings;
using Gateway.Tools.Record;

namespace Gateway.Hosting;

/// <summary>Writes what operators record as <c>gateway record</c> writes it: a HAR without secrets. Stateless; any thread.</summary>
internal sealed class HarRecordings(TimeProvider timeProvider) : IRecordingFiles
{
    public IRecordingFile Create(string folder)
    {
        var recorder = new SessionRecorder(folder, keepSecrets: false, timeProvider);
        recorder.Start();
        return new HarRecording(recorder);
    }

    /// <summary>One HAR. Owns the recorder.</summary>
    private sealed class HarRecording(SessionRecorder recorder) : IRecordingFile
    {
        public string? Problem => recorder.Problem;

        public string Redact(string text) => recorder.Redactor.RedactText(text);

        public IRecordedConnection Begin(EngineHandshake handshake, string query, DateTimeOffset started)
        {
            var request = new DefaultHttpContext().Request;
            request.Method = "GET";
            request.Scheme = "http";
            request.Host = new HostString("gateway");
            request.Path = handshake.Path;
            request.QueryString = new QueryString(query);
            foreach (var (name, value) in handshake.Headers)
            {
                request.Headers[name] = value;
            }

            return new HarConnection(recorder, recorder.Begin(request, body: null, isWebSocket: true, started));
        }

        public ValueTask DisposeAsync() => recorder.DisposeAsync();
    }

    /// <summary>One WebSocket of it.</summary>
    private sealed class HarConnection(SessionRecorder recorder, RecordingEntry entry) : IRecordedConnection
    {
        public void Add(DateTimeOffset time, bool fromClient, bool isBinary, string data)
        {
            entry.AddMessage(time, fromClient, isBinary, data);
            recorder.Changed(frames: 1, data.Length);
        }

        public void Close(DateTimeOffset time, bool byClient, int code, string reason)
        {
            entry.Close(time, byClient, code, reason);
            recorder.Changed(0, 0);
        }
    }
}
