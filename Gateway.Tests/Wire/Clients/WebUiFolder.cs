namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// The built folder of the tests' own web UI, which asks what V0's asks: its page and script with the library beside it. Deleted when
/// disposed.
/// </summary>
internal sealed class WebUiFolder : IDisposable
{
    public WebUiFolder()
    {
        Directory.CreateDirectory(Path.Combine(Root, "assets"));
        foreach (var file in new[] { "index.html", "assets/app.js" })
        {
            File.Copy(Path.Combine(ClientPrograms.Folder, "web-ui", file), Path.Combine(Root, file));
        }

        File.Copy(
            Path.Combine(ClientPrograms.Folder, "node_modules", "socket.io-client", "dist", "socket.io.min.js"),
            Path.Combine(Root, "assets", "socket.io.min.js"));
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("gateway-web-ui-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
