namespace Gateway.HttpApi.Settings;

/// <summary>
/// A user's token for a git provider. Immutable. Its text form names the provider alone, so that no line of a log can hold the token.
/// </summary>
/// <param name="Host">The provider's own host where it is not the public one; null or empty for that.</param>
internal sealed record GitToken(string Provider, string Token, string? Host, string? UserId)
{
    public override string ToString() => Provider;
}
