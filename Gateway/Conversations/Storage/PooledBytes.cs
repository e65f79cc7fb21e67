using System.Buffers;

using Microsoft.Win32.SafeHandles;

namespace Gateway.Conversations.Storage;

/// <summary>What came of reading a file.</summary>
internal enum FileRead
{
    Done,
    Missing,
    TooLarge,
}

/// <summary>
/// Bytes read from files, one after the other, in one pooled array. Owned by one reader, then by the <see cref="EventPage"/> that is made
/// of it; disposing gives the array back. Not thread-safe.
/// </summary>
internal sealed class PooledBytes : IDisposable
{
    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>Appends a whole file, unless it is missing or longer than <paramref name="maxLength"/>.</summary>
    public FileRead AppendFile(string path, long maxLength = long.MaxValue)
    {
        // Missing is an answer here, and an exception would cost more than all else together.
        if (!File.Exists(path))
        {
            return FileRead.Missing;
        }

        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            if (length > maxLength)
            {
                return FileRead.TooLarge;
            }

            AppendAll(file, length);
            return FileRead.Done;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return FileRead.Missing;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Grow(Length + bytes.Length);
        bytes.CopyTo(_array.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Forgets what was appended after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Dispose()
    {
        var array = _array;
        _array = [];
        Length = 0;
        Return(array);
    }

    private void AppendAll(SafeFileHandle file, long length)
    {
        if (length > Array.MaxLength - Length)
        {
            throw new IOException("A stored file is too large to be read.");
        }

        Grow(Length + (int)length);
        var end = Length + (int)length;
        var start = Length;
        while (Length < end)
        {
            var read = RandomAccess.Read(file, _array.AsSpan(Length, end - Length), Length - start);
            if (read == 0)
            {
                break;
            }

            Length += read;
        }
    }

    private void Grow(int needed)
    {
        if (needed <= _array.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Length == 0 ? needed : (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _array.Length)));
        Span.CopyTo(larger);
        var smaller = _array;
        _array = larger;
        Return(smaller);
    }

    private static void Return(byte[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
