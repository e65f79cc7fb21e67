using System.Security.Cryptography;

namespace Gateway.EngineIO.Sessions;

/// <summary>Makes the <c>sid</c>: a secret that gives access to its session, so it is never logged. Stateless; any thread.</summary>
internal static class SessionId
{
    /// <summary>20 characters of 64 are 120 random bits.</summary>
    public const int Length = 20;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    public static string Create() => RandomNumberGenerator.GetString(Alphabet, Length);
}
