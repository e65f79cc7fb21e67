namespace Gateway.Tools.Corpus;

/// <summary>
/// Puts each anonymised recording where it is to be as soon as it is proven, whole or not at all, so that a stopped run keeps what it has.
/// <see cref="Take"/> and the counts: any thread.
/// </summary>
/// <param name="work">Where they are made.</param>
/// <param name="folder">Where those are put that are proven.</param>
/// <param name="alone">The name of one that is the only one: it lies in the folder itself.</param>
internal sealed class AnonymisedOutput(string work, string folder, string alone)
{
    private readonly Lock _lock = new();

    // Guarded by the lock.
    private readonly HashSet<string> _proven = [];
    private readonly HashSet<string> _refused = [];

    public string Folder => folder;

    public int Proven => CountOf(_proven);

    public int Refused => CountOf(_refused);

    /// <summary>Writes it, in the place of what was written of it before, unless it has a problem.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Take(AnonymisedFixture fixture)
    {
        if (fixture.Problem is null)
        {
            var place = PlaceOf(fixture, folder);
            if (CountsAs(_proven, fixture.Name) && Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }

            Copy(fixture, place);
        }

        lock (_lock)
        {
            _ = fixture.Problem is null
                ? _proven.Add(fixture.Name) | _refused.Remove(fixture.Name)
                : !_proven.Contains(fixture.Name) && _refused.Add(fixture.Name);
        }
    }

    /// <summary>Copies one that is not proven into another folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Keep(AnonymisedFixture fixture, string refused) => Copy(fixture, PlaceOf(fixture, refused));

    public string PlaceOf(AnonymisedFixture fixture, string parent) =>
        fixture.Name == alone ? parent : Path.Combine(parent, fixture.Name);

    private int CountOf(HashSet<string> names)
    {
        lock (_lock)
        {
            return names.Count;
        }
    }

    private bool CountsAs(HashSet<string> names, string name)
    {
        lock (_lock)
        {
            return names.Contains(name);
        }
    }

    private void Copy(AnonymisedFixture fixture, string place)
    {
        var source = Path.Combine(work, fixture.Name);
        CorpusFiles.Make(place, building =>
        {
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(building, Path.GetRelativePath(source, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? building);
                File.Copy(file, copy);
            }
        });
    }
}
