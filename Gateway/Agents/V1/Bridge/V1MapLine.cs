using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

using Gateway.Primitives.Json;

using Newtonsoft.Json;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// A line of the journal of a <see cref="V1Map"/>. Each is about one V1 event: its number (<c>seq</c>), id (<c>v1</c>), time
/// (<c>at</c>) and V0 ids (<c>v0</c>). A line with <c>of</c> in the place of <c>v1</c> adds V0 ids to an event of an earlier commit; its
/// number is that of the event that comes next. The last line of a commit says with <c>head</c> and <c>from</c> how far the V0 log went,
/// and with <c>state</c> what the translation remembered. Owned by one thread.
/// </summary>
internal sealed class V1MapLine
{
    public required int Sequence { get; set; }

    /// <summary>V1's id; empty for an event without one.</summary>
    public required string Id { get; set; }

    /// <summary>The line only adds to an event that has its own.</summary>
    public bool IsAddition { get; set; }

    /// <summary>The server counts from zero again, from this event on.</summary>
    public bool IsRestart { get; set; }

    /// <summary>V1's time of the event; empty for one without.</summary>
    public string Timestamp { get; set; } = "";

    public List<int> V0Ids { get; } = [];

    /// <summary>V0 ids of other events, which lines had before there were additions.</summary>
    public List<(string V1Id, int V0Id)> OtherV0Ids { get; } = [];

    /// <summary>The highest V0 id when the commit was made.</summary>
    public int? Head { get; private set; }

    /// <summary>As <see cref="V1Map.RecogniseFrom"/>; null where it is just past <see cref="Head"/>.</summary>
    public int? RecogniseFrom { get; private set; }

    /// <summary>What the translation remembered, as JSON text; null in a line that ends no commit.</summary>
    public string? State { get; private set; }

    /// <summary>False for what is no such line.</summary>
    public static bool TryRead(string text, out V1MapLine line)
    {
        var json = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        line = new V1MapLine { Sequence = -1, Id = "" };
        try
        {
            return line.TryRead(json.AsSpan(0, Encoding.UTF8.GetBytes(text, json)));
        }
        catch (System.Text.Json.JsonException)
        {
            // The reader has no other way to say that the input is wrong.
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }
    }

    /// <summary>Makes this the last line of a commit.</summary>
    public void End(int head, int recogniseFrom, string state)
    {
        Head = head;
        RecogniseFrom = recogniseFrom <= head ? recogniseFrom : null;
        State = state;
    }

    /// <summary>The line as text, without a line feed.</summary>
    public string Write()
    {
        var text = new StringBuilder(128);
        text.Append(CultureInfo.InvariantCulture, $"{{\"seq\":{Sequence},\"{(IsAddition ? "of" : "v1")}\":{JsonConvert.ToString(Id)}");
        text.Append(IsRestart ? ",\"restart\":true" : "");
        if (Timestamp.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"at\":{JsonConvert.ToString(Timestamp)}");
        }

        if (V0Ids.Count > 0)
        {
            text.Append(",\"v0\":[").AppendJoin(',', V0Ids).Append(']');
        }

        if (State is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"head\":{Head}");
            text.Append(RecogniseFrom is null ? "" : string.Create(CultureInfo.InvariantCulture, $",\"from\":{RecogniseFrom}"));
            text.Append(",\"state\":").Append(State);
        }

        return text.Append('}').ToString();
    }

    private bool TryRead(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonWalker.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadMember(ref reader, json);
        }

        // Nothing may follow the object.
        return Sequence >= 0 && !reader.Read();
    }

    private void ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var name = JsonStringText.Decode(reader.ValueSpan);
        reader.Read();
        switch (name)
        {
            case "seq":
                Sequence = Integer(ref reader) ?? -1;
                break;
            case "v1" or "of":
                Id = Text(ref reader);
                IsAddition = name == "of";
                break;
            case "restart":
                IsRestart = reader.TokenType == JsonTokenType.True;
                break;
            case "at":
                Timestamp = Text(ref reader);
                break;
            case "v0":
                ReadV0Ids(ref reader, owner: null);
                break;
            case "ids" when reader.TokenType == JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var owner = JsonStringText.Decode(reader.ValueSpan);
                    reader.Read();
                    ReadV0Ids(ref reader, owner);
                }

                break;
            case "head":
                Head = Integer(ref reader);
                break;
            case "from":
                RecogniseFrom = Integer(ref reader);
                break;
            case "state" when reader.TokenType == JsonTokenType.StartObject:
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                State = Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
                break;
            default:
                break;
        }

        // What is left of a value that is not of its type, or of a member of a later version.
        reader.Skip();
    }

    private void ReadV0Ids(ref Utf8JsonReader reader, string? owner)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Integer(ref reader) is not { } v0Id || v0Id < 0)
            {
                reader.Skip();
            }
            else if (owner is null)
            {
                V0Ids.Add(v0Id);
            }
            else
            {
                OtherV0Ids.Add((owner, v0Id));
            }
        }
    }

    private static int? Integer(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) ? value : null;

    private static string Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? JsonStringText.Decode(reader.ValueSpan) : "";
}
