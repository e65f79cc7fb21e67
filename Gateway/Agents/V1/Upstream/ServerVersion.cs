namespace Gateway.Agents.V1.Upstream;

/// <summary>What a server of a version can do (PROTOCOL.md, "V1 events socket" and "V1 1.1"). Pure.</summary>
internal static class ServerVersion
{
    // The oldest version read to take the key as the first message; 1.1 takes it from the query alone.
    private static readonly Version s_firstMessage = new(1, 43);

    public static V1Auth AuthOf(string? version) =>
        Version.TryParse(version?.Split('-', '+')[0], out var parsed) && parsed < s_firstMessage ? V1Auth.Query : V1Auth.FirstMessage;
}
