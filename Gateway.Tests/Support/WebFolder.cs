namespace Gateway.Tests.Support;

/// <summary>A small single-page app, as a build tool leaves it: a page, an asset, a locale. Deleted when disposed.</summary>
internal sealed class WebFolder : IDisposable
{
    public const string Page = "<!doctype html><title>app</title><script src=\"/assets/app-1a2b.js\"></script>";

    public WebFolder()
    {
        Directory.CreateDirectory(Path.Combine(Root, "assets"));
        Directory.CreateDirectory(Path.Combine(Root, "locales", "en"));
        File.WriteAllText(Path.Combine(Root, "index.html"), Page);
        File.WriteAllText(Path.Combine(Root, "assets", "app-1a2b.js"), $"console.log('{new string('x', 4_000)}')");
        File.WriteAllText(Path.Combine(Root, "locales", "en", "translation.json"), "{}");
        File.WriteAllText(Path.Combine(Root, "site.webmanifest"), "{}");
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("gateway-web-").FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
