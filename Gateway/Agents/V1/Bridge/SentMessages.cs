using System.Security.Cryptography;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Messages of V0's clients that are handed on to V1 and have not come back yet: V1 keeps their text and images, and the
/// <c>file_urls</c> are kept here until then. A message is known by its content; of equal ones the first that was sent comes first.
/// Bounded: of what never comes back the oldest is forgotten. Thread-safe; owned by one bridge, and gone with it.
/// </summary>
internal sealed class SentMessages
{
    /// <summary>More messages on their way to one conversation than anybody types.</summary>
    public const int MaxMessages = 64;

    // Of all urls of a message; a client that sends more gets its message back without them.
    private const int MaxCharacters = 64 * 1_024;

    private readonly Lock _lock = new();
    private readonly List<(UInt128 Content, JArray? FileUrls)> _messages = [];

    /// <summary>A message is about to be handed on.</summary>
    /// <param name="args">V0's arguments, as the client sent them.</param>
    public void Add(JObject args)
    {
        var message = (ContentOf(args), FileUrlsOf(args));
        lock (_lock)
        {
            if (_messages.Count == MaxMessages)
            {
                _messages.RemoveAt(0);
            }

            _messages.Add(message);
        }
    }

    /// <summary>V1 has refused it: it will not come back.</summary>
    public void Remove(JObject args)
    {
        var content = ContentOf(args);
        lock (_lock)
        {
            var index = _messages.FindLastIndex(message => message.Content == content);
            if (index >= 0)
            {
                _messages.RemoveAt(index);
            }
        }
    }

    /// <summary>
    /// A user's message has come from V1. Gives its <c>file_urls</c>; null for one that had none, or that was sent elsewhere.
    /// </summary>
    public JArray? Take(string text, JArray images)
    {
        var content = Digest(text, images);
        lock (_lock)
        {
            var index = _messages.FindIndex(message => message.Content == content);
            if (index < 0)
            {
                return null;
            }

            var fileUrls = _messages[index].FileUrls;
            _messages.RemoveAt(index);
            return fileUrls;
        }
    }

    private static UInt128 ContentOf(JObject args) => Digest(args.Text("content"), Strings(args, "image_urls"));

    private static JArray? FileUrlsOf(JObject args)
    {
        var urls = Strings(args, "file_urls");
        return urls.Count > 0 && urls.Sum(static url => url.ToString().Length) <= MaxCharacters ? urls : null;
    }

    private static JArray Strings(JObject args, string name) =>
        [.. (args[name] as JArray ?? []).Where(static url => url.Type == JTokenType.String).Select(static url => url.DeepClone())];

    private static UInt128 Digest(string text, JArray images) =>
        BitConverter.ToUInt128(SHA256.HashData(Encoding.UTF8.GetBytes(new JArray(text, images).ToString(Formatting.None))));
}
