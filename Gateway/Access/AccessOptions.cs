namespace Gateway.Access;

/// <summary>What operators can set about who may come in. Read once, at start.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>The key clients must show; empty asks for none. V0's <c>SESSION_API_KEY</c>. A secret.</summary>
    public string SessionApiKey { get; set; } = "";
}
