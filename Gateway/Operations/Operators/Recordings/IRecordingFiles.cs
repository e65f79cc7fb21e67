using Gateway.EngineIO;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>
/// Writes recordings of sockets in a form that can be played again, without their secrets. Registered by the host: how a recording is
/// written is not for serving to know.
/// </summary>
internal interface IRecordingFiles
{
    /// <summary>Begins a recording in an empty folder. Throws <see cref="IOException"/> when it cannot be written.</summary>
    IRecordingFile Create(string folder);
}

/// <summary>One recording that is being written. Its owner alone calls, and disposes it: then all of it is in the folder.</summary>
internal interface IRecordingFile : IAsyncDisposable
{
    /// <summary>Why the last write failed; null when it did not.</summary>
    string? Problem { get; }

    /// <summary>A text without its secrets, each named as in the recording.</summary>
    string Redact(string text);

    /// <summary>Another connection.</summary>
    /// <param name="handshake">The request that opened it, its query replaced by <paramref name="query"/>.</param>
    /// <param name="query">With its question mark.</param>
    /// <param name="started">When it began.</param>
    IRecordedConnection Begin(EngineHandshake handshake, string query, DateTimeOffset started);
}

/// <summary>A connection in a recording. The recording's owner alone calls.</summary>
internal interface IRecordedConnection
{
    /// <param name="data">The packet's text; of a binary one its bytes in base64.</param>
    void Add(DateTimeOffset time, bool fromClient, bool isBinary, string data);

    void Close(DateTimeOffset time, bool byClient, int code, string reason);
}
