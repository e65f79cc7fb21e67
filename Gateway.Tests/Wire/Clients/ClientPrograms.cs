using Gateway.Tests.Support;

namespace Gateway.Tests.Wire.Clients;

/// <summary>Where the programs of other languages are found. <c>Gateway.Tests/run</c> installs them.</summary>
internal static class ClientPrograms
{
    /// <summary>Debian's own Python: it is the one that Debian's packages serve, whatever else the path offers.</summary>
    public const string Python = "/usr/bin/python3";

    public const string Chromium = "chromium";

    public static string Folder { get; } = Repository.PathOf("Gateway.Tests", "clients");
}
