using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>The commands that the drivers of <c>Gateway.Tests/clients</c> understand. Pure.</summary>
internal static class DriverCommands
{
    public static JObject Emit(JObject action, bool wantsAck = false) => new()
    {
        ["do"] = "emit",
        ["name"] = "oh_user_action",
        ["payload"] = action,
        ["ack"] = wantsAck,
    };

    /// <summary>For socket.io-client: the query as an option of its own, <paramref name="options"/> added to it.</summary>
    public static JObject JavaScriptConnect(Visit visit, JObject? options = null)
    {
        var all = new JObject { ["query"] = JObject.FromObject(Query(visit)) };
        if (visit.Cookie is { } cookie)
        {
            all["extraHeaders"] = new JObject { ["Cookie"] = cookie };
        }

        if (visit.Token is { } token)
        {
            all["auth"] = new JObject { ["token"] = token };
        }

        all.Merge(options ?? []);
        return new JObject { ["do"] = "connect", ["url"] = visit.Address.ToString(), ["options"] = all };
    }

    /// <summary>For python-socketio: the query stands in the address.</summary>
    public static JObject PythonConnect(Visit visit, JObject? options = null) => new()
    {
        ["do"] = "connect",
        ["url"] = AddressWithQuery(visit),
        ["options"] = options ?? [],
    };

    public static string AddressWithQuery(Visit visit, string path = "/") =>
        $"{new Uri(visit.Address, path)}?{string.Join('&', Query(visit).Select(static pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"))}";

    public static Dictionary<string, string> Query(Visit visit)
    {
        var query = new Dictionary<string, string> { ["latest_event_id"] = visit.LatestEventId.ToString(CultureInfo.InvariantCulture) };
        Add("conversation_id", visit.ConversationId);
        Add("session_api_key", visit.Key);
        return query;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                query[name] = value;
            }
        }
    }
}
