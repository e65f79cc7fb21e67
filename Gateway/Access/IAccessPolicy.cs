namespace Gateway.Access;

/// <summary>
/// Decides who may come in, for every door of the server: a socket's CONNECT and an HTTP request ask the same one. Any thread. A
/// policy that has to ask others (a key server, a forward-auth address) bounds its own waits; an exception refuses the request.
/// </summary>
internal interface IAccessPolicy
{
    /// <summary>
    /// The lower-case names of the headers that the policy looks at: whoever makes an <see cref="AccessRequest"/> keeps them.
    /// </summary>
    IReadOnlyList<string> HeaderNames { get; }

    ValueTask<AccessDecision> DecideAsync(AccessRequest request, CancellationToken cancellationToken);
}
