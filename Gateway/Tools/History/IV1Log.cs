using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>A V1 conversation to be read once, from a folder or a server.</summary>
internal interface IV1Log
{
    Guid Id { get; }

    /// <summary>V1's title of it; null where it has none, or does not say.</summary>
    string? Title { get; }

    DateTimeOffset? Created { get; }

    /// <summary>Gives each event in order. A problem ends the reading: what was given until then is not all.</summary>
    Task<DoorAnswer> ReadAsync(Action<JObject> take, CancellationToken cancellationToken);
}

/// <summary>One in a folder of V1's. Its state, which holds keys, is not read.</summary>
internal sealed class FolderLog(string folder) : IV1Log
{
    /// <summary>By the folder's name; one that is named otherwise has none.</summary>
    public Guid Id { get; } = Guid.TryParseExact(Path.GetFileName(folder), "N", out var id) ? id : Guid.Empty;

    public string? Title => null;

    public DateTimeOffset? Created => null;

    public Task<DoorAnswer> ReadAsync(Action<JObject> take, CancellationToken cancellationToken)
    {
        var (paths, problem) = V1Folder.List(folder);
        foreach (var path in paths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!V1Folder.TryRead(path, out var one))
            {
                problem = $"{Path.GetFileName(path)} cannot be read: it is no event, or copied by half";
                break;
            }

            take(one);
        }

        return Task.FromResult(new DoorAnswer(problem));
    }
}

/// <summary>One of a server's.</summary>
internal sealed class ServerLog(V1Door door, Guid id, string? title, DateTimeOffset? created) : IV1Log
{
    public Guid Id => id;

    public string? Title => title;

    public DateTimeOffset? Created => created;

    public Task<DoorAnswer> ReadAsync(Action<JObject> take, CancellationToken cancellationToken) =>
        door.ReadAsync(id, take, cancellationToken);
}
