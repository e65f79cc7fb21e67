using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Bridge;

/// <summary>Several observers of one bridge, told in their order. Immutable.</summary>
internal sealed class BridgeObservers(params IBridgeObserver[] observers) : IBridgeObserver
{
    public void Connected(JObject info) => Array.ForEach(observers, observer => observer.Connected(info));

    public void Taken(JObject v1Event) => Array.ForEach(observers, observer => observer.Taken(v1Event));

    public void TitleTold(string title) => Array.ForEach(observers, observer => observer.TitleTold(title));

    public void TurnChanged() => Array.ForEach(observers, static observer => observer.TurnChanged());
}
