using System.Net.WebSockets;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Support;

internal sealed partial class StandInV1Server
{
    private async Task HandleSocketAsync(HttpContext context, bool isSession)
    {
        var query = context.Request.Query;
        var givenKey = (string?)query["session_api_key"] ?? context.Request.Headers["X-Session-API-Key"].FirstOrDefault();
        if ((isSession && !HasSessionSocket) || (givenKey is not null && Key is not null && givenKey != Key))
        {
            context.Response.StatusCode = 403;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var number = Interlocked.Increment(ref _connections) - 1;
        var code = CloseWith(number) ?? (IsUnknown ? 4004 : null);
        code ??= Key is { } && givenKey is null && await StandInSocket.ReadKeyAsync(socket, context.RequestAborted) != Key ? 4001 : null;
        if (code is not null)
        {
            var (told, reason) = IsContainer ? (1000, "") : (code.Value, CloseReason);
            await socket.CloseAsync((WebSocketCloseStatus)told, reason, context.RequestAborted);
            return;
        }

        var standIn = new StandInSocket(socket, isSession, CutAfter(number), number % 2 == 0, SendsGarbage)
        {
            MaxFrame = MaxFrame,
            IsPassedOn = IsContainer,
        };
        if (!IsSilent(number))
        {
            Welcome(standIn, isSession, query);
        }

        try
        {
            _clientCloses.Enqueue(await standIn.RunAsync(context.RequestAborted));
        }
        finally
        {
            lock (_lock)
            {
                _sockets.Remove(standIn);
                if (_sockets.Count == 0)
                {
                    _lastLeft.TrySetResult();
                }
            }
        }
    }

    private void Welcome(StandInSocket socket, bool isSession, IQueryCollection query)
    {
        lock (_lock)
        {
            _sockets.Add(socket);
            _firstJoined.TrySetResult();
            if (!isSession)
            {
                socket.SendTransient(FullState());
                // The newest comes again, as resend_mode=since does.
                if (_shown > 0 && query["resend_mode"] == "since")
                {
                    socket.Send(_shown - 1, _log[_shown - 1]);
                }

                return;
            }

            var after = int.Parse(query["after_seq"]!);
            socket.SendSync(after, _shown - 1);
            for (var i = after + 1; i < _shown; i++)
            {
                socket.Send(i, _log[i]);
            }

            socket.SendTransient(FullState());
        }
    }
}
