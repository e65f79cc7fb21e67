using Gateway.EngineIO;

namespace Gateway.Tests.ConformanceHost;

/// <summary>Sends every Engine.IO message back: text as text, binary as binary. Any thread.</summary>
internal sealed class EchoApplication : IEngineApplication
{
    public IEngineReceiver Open(IEngineConnection connection) => new Receiver(connection);

    private sealed class Receiver(IEngineConnection connection) : IEngineReceiver
    {
        public ValueTask ReceiveAsync(EngineMessage message)
        {
            // A copy: what arrived is the transport's, what is sent is shared for good.
            connection.TrySend(message with { Data = message.Data.ToArray() });
            return ValueTask.CompletedTask;
        }

        public void Closed(CloseReason reason)
        {
            // Nothing is kept for a connection.
        }
    }
}
