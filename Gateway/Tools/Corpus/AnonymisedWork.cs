using System.Security.Cryptography;

using Gateway.Tools.Verify;

namespace Gateway.Tools.Corpus;

/// <summary>One fixture while it is masked and proven. One caller at a time.</summary>
/// <param name="folder">Where the masked one is written.</param>
internal sealed class AnonymisedWork(Fixture fixture, string name, string folder)
{
    private byte[]? _written;

    public Fixture Fixture => fixture;

    public string Folder => folder;

    /// <summary>What verify says of the original; null as long as it was not asked.</summary>
    public FixtureResult? Before { get; set; }

    /// <summary>Why it is not proven; null as soon as it was.</summary>
    public string? Problem { get; set; } = "it is not masked yet";

    /// <summary>How many words had been learnt when it was masked; -1 before that.</summary>
    public int Learnt { get; set; } = -1;

    public AnonymisedFixture Result => new(fixture.HarPath, name, Problem);

    /// <summary>Masks it in place of what was written before.</summary>
    /// <returns>False when that is the same.</returns>
    public bool Write(FixtureMask mask)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        mask.Write(fixture, folder);
        var before = _written;
        _written = Hash();
        return before is null || !before.AsSpan().SequenceEqual(_written);
    }

    private byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(file));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return hash.GetHashAndReset();
    }
}
