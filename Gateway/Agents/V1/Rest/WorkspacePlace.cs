using Gateway.Agents.V1.Upstream;

namespace Gateway.Agents.V1.Rest;

/// <summary>A conversation's folder at its server. Immutable.</summary>
/// <param name="Endpoint">The server.</param>
/// <param name="Folder">Absolute, as the server has it, without a slash at its end.</param>
internal sealed record WorkspacePlace(V1Endpoint Endpoint, string Folder)
{
    /// <summary>
    /// The absolute path of what a client names, relative to the folder or absolute. False when it leads out of the folder: by its text,
    /// since the server alone knows where links lead.
    /// </summary>
    public bool TryResolve(string path, out string resolved)
    {
        var parts = new List<string>();
        resolved = "";
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        var prefix = Folder == "/" ? "" : Folder;
        var isInside = path == Folder || path.StartsWith(prefix + "/", StringComparison.Ordinal);
        if (path.StartsWith('/') && !isInside)
        {
            return false;
        }

        foreach (var part in (isInside ? path[prefix.Length..] : path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (part)
            {
                case ".":
                    break;
                case ".." when parts.Count == 0:
                    return false;
                case "..":
                    parts.RemoveAt(parts.Count - 1);
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        resolved = parts.Count == 0 ? Folder : $"{prefix}/{string.Join('/', parts)}";
        return true;
    }
}
