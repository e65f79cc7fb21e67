using System.Net;
using System.Net.Sockets;

namespace Gateway.Tools.Load.Sockets;

/// <summary>What clients share, and whom they tell. All of it on the loop's thread.</summary>
internal interface ILoadClientOwner
{
    IReadiness Poll { get; }

    EndPoint Server { get; }

    /// <summary>The server's name for TLS.</summary>
    string HostName { get; }

    bool IsSecure { get; }

    /// <summary>The certificate is not looked at.</summary>
    bool IsInsecure { get; }

    /// <summary>Clients offer <c>permessage-deflate</c>.</summary>
    bool IsCompressing { get; }

    /// <summary>Clients read when they are told to, and no more than that.</summary>
    bool IsReadLimited { get; }

    /// <summary>What is read goes here, and is looked at before anything else is read.</summary>
    byte[] Buffer { get; }

    /// <summary>A message that was compressed, until the next one.</summary>
    MemoryStream Plain { get; }

    /// <summary>Room for one frame that is sent at once.</summary>
    byte[] SendBuffer(int size);

    /// <summary>Gives a new socket its source address and sizes.</summary>
    void Prepare(Socket socket, int number);

    /// <summary>The opening handshake of this client.</summary>
    ReadOnlySpan<byte> RequestOf(LoadClient client);

    void OnLive(LoadClient client);

    /// <param name="client">Who was given it.</param>
    /// <param name="head">The packet's beginning, from its two type digits on.</param>
    void OnEvent(LoadClient client, ReadOnlySpan<byte> head);

    void OnPing();

    void OnBytes(int count);

    /// <summary>A message came compressed.</summary>
    void OnCompressed();

    /// <param name="client">Who has no connection any more.</param>
    /// <param name="state">How far it was.</param>
    /// <param name="reason">A sentence.</param>
    void OnEnded(LoadClient client, ClientState state, string reason);
}
