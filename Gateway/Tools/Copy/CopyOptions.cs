namespace Gateway.Tools.Copy;

/// <summary>How a store is copied. Immutable.</summary>
/// <param name="VerifyOnly">Nothing is written: both sides are compared.</param>
/// <param name="Renew">
/// Metadata, settings, secrets and journals that differ are written anew from the source, for who copies a second time what has gone on.
/// Events never are.
/// </param>
/// <param name="Jobs">Conversations at one time.</param>
internal sealed record CopyOptions(bool VerifyOnly, bool Renew, int Jobs);
