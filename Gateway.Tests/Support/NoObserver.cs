using Gateway.Agents.V1.Bridge;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>Hears what a bridge says, and makes nothing of it. Stateless.</summary>
internal sealed class NoObserver : IBridgeObserver
{
    public void Connected(JObject info)
    {
    }

    public void Taken(JObject v1Event)
    {
    }

    public void TitleTold(string title)
    {
    }

    public void TurnChanged()
    {
    }
}
