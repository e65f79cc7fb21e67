namespace Gateway.Cli;

/// <summary>Standard output takes no more: a full disk, most often. Not an error of a store or a file that a command works on.</summary>
internal sealed class OutputException(IOException reason) : Exception(reason.Message, reason);

/// <summary>
/// Standard output of a command. What it does not take is an <see cref="OutputException"/>, whatever the command was about to write; a
/// reader that has gone is no fault, and .NET's own stream passes over it. One writer at a time.
/// </summary>
internal sealed class CommandOutput : Stream
{
    private readonly Stream _output;

    private CommandOutput(Stream output) => _output = output;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From now on all that the program prints goes this way. Called once, before anything is printed.</summary>
    public static void Begin() => Console.SetOut(
        new StreamWriter(new CommandOutput(Console.OpenStandardOutput()), Console.Out.Encoding, bufferSize: 1_024) { AutoFlush = true });

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            _output.Write(buffer);
        }
        catch (IOException exception)
        {
            throw new OutputException(exception);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
