using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>Hears from a bridge when there may be news that V1 tells nowhere. Called from the connection's loop; must not wait.</summary>
internal interface IBridgeObserver
{
    /// <summary>The server was asked about the conversation, and answered this.</summary>
    void Connected(JObject info);

    /// <summary>An event of the server's log, the first time that it is taken.</summary>
    void Taken(JObject v1Event);

    /// <summary>The server has told a title by itself.</summary>
    void TitleTold(string title);

    /// <summary>The user has spoken, or the agent has come to rest.</summary>
    void TurnChanged();
}
