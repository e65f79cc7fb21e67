using System.Buffers;
using System.Text;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationEvents;

/// <summary>
/// Writes an answer that holds a list, element by element: a short one with its length, a long one as it comes, so that no answer is held
/// whole. Used for one answer.
/// </summary>
internal sealed class JsonListWriter(HttpResponse response)
{
    private const int HeldBytes = 256 * 1_024;

    private readonly ArrayBufferWriter<byte> _held = new();
    private bool _hasElements;

    /// <param name="name">The only member before the list's end.</param>
    public void Begin(string name)
    {
        response.ContentType = "application/json";
        Write($"{{\"{name}\":[");
    }

    public async ValueTask AddAsync(JObject element, CancellationToken cancellationToken)
    {
        Write(_hasElements ? "," : "");
        Write(element.ToString(Formatting.None));
        _hasElements = true;
        if (_held.WrittenCount > HeldBytes)
        {
            await SendAsync(cancellationToken);
        }
    }

    /// <param name="rest">The object's further members, each after a comma.</param>
    public async ValueTask EndAsync(string rest, CancellationToken cancellationToken)
    {
        Write($"]{rest}}}");
        if (!response.HasStarted)
        {
            response.ContentLength = _held.WrittenCount;
        }

        await SendAsync(cancellationToken);
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(_held.WrittenMemory, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        _held.ResetWrittenCount();
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _held);
}
