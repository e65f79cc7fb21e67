namespace Gateway.Conversations;

/// <summary>The models that a server behind the backend offers. Registered only where there is such a server. Any thread.</summary>
internal interface IModelCatalogue
{
    /// <summary>
    /// The names, sorted as V0 sorts them; null when the server does not say them, or not in time. Ends by itself within seconds, and
    /// throws for nothing that the server does. The same list as long as nothing was asked anew.
    /// </summary>
    ValueTask<IReadOnlyList<string>?> FindModelsAsync(CancellationToken cancellationToken);
}
