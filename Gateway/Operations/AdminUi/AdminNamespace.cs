using System.Collections.Concurrent;
using System.Text;

using Gateway.Primitives;
using Gateway.Primitives.Json;
using Gateway.SocketIO;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Operations.AdminUi;

/// <summary>
/// The namespace that the Socket.IO Admin UI asks (<c>@socket.io/admin-ui</c> 0.5): signs its user in, says what it may do, and does it
/// where that is allowed. One instance serves all its sockets.
/// </summary>
internal sealed partial class AdminNamespace(
    AdminUiOptions options, AdminPassword password, AdminSessions sessions, AdminSockets sockets, ILogger<AdminNamespace> logger)
    : INamespaceHandler
{
    public const string Name = "/admin";

    // The page knows this text, and asks for the password again.
    private const string InvalidCredentials = "invalid credentials";
    private const int MaxSockets = 50;

    private readonly ConcurrentDictionary<SocketConnection, bool> _joined = new();

    /// <summary>Pages that are connected now.</summary>
    public int Count => _joined.Count;

    public async ValueTask<ConnectDecision> ConnectAsync(
        SocketConnection socket, ConnectRequest request, CancellationToken cancellationToken)
    {
        var auth = JsonTree.TryReadObject(request.Auth.Span, out var shown) ? shown : [];
        if (_joined.Count < MaxSockets)
        {
            if (auth.TextOrNull("sessionId") is { } known && sessions.IsKnown(known))
            {
                return ConnectDecision.Accepted;
            }

            if (await password.IsRightAsync(auth.TextOrNull("username"), auth.TextOrNull("password"), cancellationToken))
            {
                socket.State = sessions.Begin();
                return ConnectDecision.Accepted;
            }
        }

        SayRefused(socket, hasTried: auth.Count > 0);
        return ConnectDecision.Refused(InvalidCredentials);
    }

    public void Connected(SocketConnection socket)
    {
        _joined[socket] = true;
        if (socket.State is string session)
        {
            Emit(socket, "session", session);
        }

        Emit(socket, "config", new JObject { ["supportedFeatures"] = Features() });
        if (options.Mode == AdminUiMode.Development)
        {
            Emit(socket, "all_sockets", new JArray(sockets.All().Select(static one => one.ToJson())));
        }
    }

    public ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent)
    {
        if (!options.ReadOnly && JsonTree.TryRead(socketEvent.Arguments.Span, out var json) && json is JArray arguments)
        {
            Do(socketEvent.Name, arguments, new ScopedLogger(logger, socket.Scope));
        }

        return ValueTask.CompletedTask;
    }

    public void Disconnected(SocketConnection socket, DisconnectReason reason) => _joined.TryRemove(socket, out _);

    /// <summary>Tells every page. Who does not read is let go.</summary>
    public void Broadcast(string name, params IEnumerable<JToken> arguments)
    {
        var encoded = Encode(arguments);
        foreach (var (socket, _) in _joined)
        {
            socket.Emit(name, encoded);
        }
    }

    private static void Emit(SocketConnection socket, string name, JToken argument) => socket.Emit(name, Encode([argument]));

    private static byte[] Encode(IEnumerable<JToken> arguments) => Encoding.UTF8.GetBytes(new JArray(arguments).ToString(Formatting.None));

    /// <summary>As for an operators' key: who shows nothing has tried nothing, and the page shows nothing at first.</summary>
    private void SayRefused(SocketConnection socket, bool hasTried)
    {
        var (scoped, address) = (new ScopedLogger(logger, socket.Scope), AddressText.Of(socket.Handshake.RemoteAddress));
        if (_joined.Count >= MaxSockets)
        {
            Log.TooMany(scoped, address);
        }
        else if (hasTried)
        {
            Log.Refused(scoped, address);
        }
    }

    private JArray Features()
    {
        var features = new JArray();
        if (!options.ReadOnly)
        {
            features = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];
        }

        features.Add("AGGREGATED_EVENTS");
        if (options.Mode == AdminUiMode.Development)
        {
            features.Add("ALL_EVENTS");
        }

        return features;
    }

    /// <summary>What the page's user wants: <c>emit</c>, <c>join</c>, <c>leave</c>, <c>_disconnect</c>, in V0's namespace alone.</summary>
    private void Do(string name, JArray arguments, ILogger connectionLogger)
    {
        if (arguments.ElementAtOrDefault(0).AsText() != "/")
        {
            return;
        }

        var second = arguments.ElementAtOrDefault(1);
        var third = arguments.ElementAtOrDefault(2).AsText();
        switch (name)
        {
            case "emit" when !string.IsNullOrEmpty(third):
                var encoded = Encode(arguments.Skip(3));
                ForEach(second.AsText(), one => one.Socket.Emit(third, encoded));
                break;
            case "join" when second.AsText() is { Length: > 0 and <= MaxRoom } room:
                ForEach(third, one => one.Socket.Join(room));
                break;
            case "leave" when second.AsText() is { Length: > 0 and <= MaxRoom } room:
                ForEach(third, one => one.Socket.Leave(room));
                break;
            case "_disconnect":
                ForEach(third, one => one.Disconnect(close: second is JValue { Value: true }));
                break;
            default:
                return;
        }

        Log.Done(connectionLogger, name);
    }

    private const int MaxRoom = 128;

    private void ForEach(string? filter, Action<AdminSocket> action)
    {
        foreach (var socket in sockets.In(filter))
        {
            action(socket);
        }
    }

    private static partial class Log
    {
        // The words stand in fail2ban's filter (docs/telemetry.md).
        [LoggerMessage(1, LogLevel.Information, "A sign-in to the Socket.IO Admin UI from {Address} is wrong.")]
        public static partial void Refused(ILogger logger, string address);

        [LoggerMessage(3, LogLevel.Information, "The Socket.IO Admin UI takes no more pages; one from {Address} was refused.")]
        public static partial void TooMany(ILogger logger, string address);

        // The name is one of four.
        [LoggerMessage(2, LogLevel.Information, "The Socket.IO Admin UI has done: {Command}.")]
        public static partial void Done(ILogger logger, string command);
    }
}
