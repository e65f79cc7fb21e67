using Gateway.EngineIO;
using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators;
using Gateway.Primitives;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Operations.AdminUi;

/// <summary>A socket of V0's clients, with what it takes to show it and to do something with it.</summary>
/// <param name="At">When it was looked at.</param>
internal readonly record struct AdminSocket(SocketConnection Socket, ConnectedClient Client, DateTimeOffset At)
{
    /// <summary>
    /// What V0 calls the room of a conversation; here there is no such room, and whoever is in the conversation is in it.
    /// </summary>
    private const string RoomPrefix = "room:";

    private string? Room => Client.Conversation is { } key ? RoomPrefix + key.Id.Value : null;

    /// <summary>As the JavaScript server's rooms: the socket's own, the conversation's.</summary>
    public bool IsIn(string filter) => filter == Socket.Id || filter == Room;

    /// <summary>As the page reads it. The connection's name in the log stands for its Engine.IO sid, and no secret is in it.</summary>
    public JObject ToJson()
    {
        var handshake = Client.Session.Handshake;
        var issued = At - Client.View.Usage.Duration;
        var query = new JObject();
        foreach (var (name, values) in handshake.Query)
        {
            query[name] = SecretRedactor.IsSecretParameter(name)
                ? SecretRedactor.Mask
                : SecretRedactor.ForLogs.RedactText(values.ToString());
        }

        var headers = new JObject();
        foreach (var (name, value) in handshake.Headers)
        {
            headers[name] = SecretRedactor.ForLogs.RedactHeader(name, value);
        }

        return new JObject
        {
            ["id"] = Socket.Id,
            ["clientId"] = Client.View.Id.ToString(),
            ["transport"] = Client.View.Usage.Transport,
            // Whoever is in a conversation by a namespace of its own is shown, and reached, as the others are.
            ["nsp"] = "/",
            ["data"] = new JObject(),
            ["handshake"] = new JObject
            {
                ["address"] = AddressText.Of(handshake.RemoteAddress),
                ["headers"] = headers,
                ["query"] = query,
                ["issued"] = issued.ToUnixTimeMilliseconds(),
                ["secure"] = false,
                ["time"] = issued.UtcDateTime,
                ["url"] = SecretRedactor.ForLogs.RedactUrl(handshake.Path + handshake.Query),
                ["xdomain"] = handshake.Headers.ContainsKey("origin"),
            },
            ["rooms"] = new JArray(new[] { Socket.Id, Room }.OfType<string>()),
        };
    }

    /// <summary>Disconnects the socket, or its whole connection.</summary>
    public void Disconnect(bool close)
    {
        if (close)
        {
            Client.Session.Close(CloseReason.ServerClosed);
        }
        else
        {
            Socket.Disconnect();
        }
    }
}

/// <summary>Finds the sockets of V0's clients. Any thread.</summary>
internal sealed class AdminSockets(Snapshots snapshots)
{
    /// <summary>Those that are in a conversation now, as the last snapshot knows them.</summary>
    public IEnumerable<AdminSocket> All()
    {
        var snapshot = snapshots.Take();
        foreach (var client in snapshot.Clients)
        {
            if (client is { Conversation: not null, Socket: var socket })
            {
                yield return new AdminSocket(socket, client, snapshot.At);
            }
        }
    }

    /// <summary>Those of a room, or the one with this id; all without a filter.</summary>
    public IEnumerable<AdminSocket> In(string? filter) => All().Where(socket => string.IsNullOrEmpty(filter) || socket.IsIn(filter));
}
