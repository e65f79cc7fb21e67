namespace Gateway.Web;

/// <summary>Where the web UI's files are, section <c>Web</c>. Read once, at start.</summary>
internal sealed class WebOptions
{
    public const string Section = "Web";

    /// <summary>The built folder of a single-page app, with its <c>index.html</c>; empty to serve none. V0's way is
    /// <c>SERVE_FRONTEND</c>, which stands for <c>./frontend/build</c> of the working directory.</summary>
    public string Root { get; set; } = "";
}
