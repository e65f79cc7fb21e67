namespace Gateway.SocketIO.Namespaces;

/// <summary>Namespaces that have a handler in common: every name with a prefix. Immutable.</summary>
/// <param name="Prefix">As <c>/orders/</c>; what follows it is a name's own.</param>
/// <param name="Handler">Serves them all.</param>
/// <param name="Label">What log lines call a name's own part.</param>
internal sealed record NamespaceFamily(string Prefix, INamespaceHandler Handler, string Label)
{
    public bool Has(string name) => name.Length > Prefix.Length && name.StartsWith(Prefix, StringComparison.Ordinal);
}
