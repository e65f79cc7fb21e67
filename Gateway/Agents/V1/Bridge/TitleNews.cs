using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// Tells an observer of V1's titles: what the server answers about the conversation, when its title is another one than before, and what it
/// says of the title by itself. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class TitleNews(IBridgeObserver observer)
{
    private string? _title;
    private bool _isKnown;

    /// <summary>The server was asked about the conversation.</summary>
    public void Answered(JObject info)
    {
        var title = info.TextOrNull("title");
        if (!_isKnown || title != _title)
        {
            (_isKnown, _title) = (true, title);
            observer.Connected(info);
        }
    }

    /// <summary>A live event; most say nothing of a title.</summary>
    public void Follow(JObject v1Event)
    {
        var title = v1Event.Text("key") switch
        {
            "title" => v1Event.Text("value"),
            "full_state" => v1Event.Object("value").Text("title"),
            _ => "",
        };
        if (title.Length > 0)
        {
            observer.TitleTold(title);
        }
    }
}
