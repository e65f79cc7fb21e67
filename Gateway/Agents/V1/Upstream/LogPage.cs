using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// A page of the V1 log as the server wrote it. Its events are made one at a time, as they are asked for: a page of large ones costs its
/// own length and one event. Owned by one reader, who disposes it; not thread-safe.
/// </summary>
internal sealed class LogPage : IDisposable
{
    // Larger arrays are left to the garbage collector: the pool would keep them.
    private const int MaxPooledBytes = 1024 * 1024;

    private readonly byte[] _array;
    private readonly List<Range> _items = [];

    private LogPage(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    /// <summary>The server did not answer, or with something else than a page.</summary>
    public static LogPage Failed => new([], 0);

    /// <summary>The server answered that it has none, or cannot read it.</summary>
    public static LogPage Refused => new([], 0) { IsRefused = true };

    public bool IsRefused { get; private init; }

    public bool IsSuccess { get; private init; }

    /// <summary>It was longer than allowed, and is not here.</summary>
    public bool IsTooLong { get; private init; }

    /// <summary>In bytes.</summary>
    public int Length { get; }

    /// <summary>Of events.</summary>
    public int Count => _items.Count;

    /// <summary>The first event of the next page; null: there is none.</summary>
    public string? NextId { get; private set; }

    public static async ValueTask<LogPage> ReadAsync(HttpContent content, int maxBytes, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maxBytes)
        {
            return new LogPage([], 0) { IsTooLong = true };
        }

        var array = Rent((int)(content.Headers.ContentLength + 1 ?? 64 * 1_024));
        var length = 0;
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(array.AsMemory(length), cancellationToken)) > 0)
            {
                length += read;
                if (length > maxBytes)
                {
                    Return(array);
                    return new LogPage([], 0) { IsTooLong = true };
                }

                array = length == array.Length ? Grow(array) : array;
            }
        }
        catch
        {
            Return(array);
            throw;
        }

        var page = new LogPage(array, length) { IsSuccess = true };
        if (page.TryScan())
        {
            return page;
        }

        page.Dispose();
        return Failed;
    }

    /// <summary>What is no object keeps its place: it has a number too.</summary>
    public JObject Event(int index) => JsonTree.ReadChecked(_array.AsSpan(_items[index])) as JObject ?? [];

    /// <summary>In bytes.</summary>
    public int LengthOf(int index) => _items[index].End.Value - _items[index].Start.Value;

    public void Dispose() => Return(_array);

    private static byte[] Rent(int length) => length <= MaxPooledBytes ? ArrayPool<byte>.Shared.Rent(length) : new byte[length];

    private static void Return(byte[] array)
    {
        if (array.Length is > 0 and <= MaxPooledBytes)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private static byte[] Grow(byte[] array)
    {
        var larger = Rent(array.Length * 2);
        array.CopyTo(larger, 0);
        Return(array);
        return larger;
    }

    /// <summary>Finds where the events are. False for what is no page.</summary>
    private bool TryScan()
    {
        var json = _array.AsSpan(0, Length);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonWalker.MaxDepth });
            if (!Utf8.IsValid(json) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isItems = reader.ValueTextEquals("items"u8);
                var isNext = reader.ValueTextEquals("next_page_id"u8);
                reader.Read();
                if (isItems && reader.TokenType == JsonTokenType.StartArray)
                {
                    ScanItems(ref reader);
                }
                else if (isNext && reader.TokenType == JsonTokenType.String)
                {
                    NextId = JsonStringText.Decode(reader.ValueSpan);
                }

                reader.Skip();
            }

            return !reader.Read();
        }
        catch (JsonException)
        {
            // The reader has no other way to say that the input is wrong.
            return false;
        }
    }

    private void ScanItems(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            _items.Add(start..(int)reader.BytesConsumed);
        }
    }
}
