namespace Gateway.Conversations.Storage;

/// <summary>A gateway that shares the store. Immutable.</summary>
/// <param name="Name">Another one after each start.</param>
/// <param name="Address">Where the others reach it.</param>
/// <param name="SecretMark">Equal at gateways with the same secret, and says nothing of it; empty where that is not known.</param>
/// <param name="IsFresh">Whether it has announced itself within the last seconds, by the store's clock.</param>
internal readonly record struct StoredNode(string Name, string Address, string SecretMark, bool IsFresh);

/// <summary>
/// The gateways that share the store, each for as long as it announces itself again and again. Any thread; throws as
/// <see cref="IConversationCatalogue"/> does.
/// </summary>
internal interface INodeTable
{
    /// <summary>This gateway's name among them: 16 hex digits.</summary>
    string Node { get; }

    /// <summary>Says that this gateway is there, and gives the others.</summary>
    ValueTask<IReadOnlyList<StoredNode>> AnnounceAsync(string address, string secretMark, CancellationToken cancellationToken);

    /// <summary>The others, as they are now.</summary>
    ValueTask<IReadOnlyList<StoredNode>> ListAsync(CancellationToken cancellationToken);

    /// <summary>This gateway is gone.</summary>
    ValueTask ForgetAsync(CancellationToken cancellationToken);

    /// <summary>Takes those away that died without a word, a minute ago or more.</summary>
    ValueTask SweepAsync(CancellationToken cancellationToken);
}
