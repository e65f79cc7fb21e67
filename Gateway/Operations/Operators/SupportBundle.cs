using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;

using Gateway.Operations.Operators.Tables;

namespace Gateway.Operations.Operators;

/// <summary>
/// The program's settings as they may be shown: secrets replaced. Registered by the host, which knows them all. Any thread.
/// </summary>
internal interface IShownSettings
{
    /// <summary>Those that differ from their default, by name.</summary>
    IEnumerable<KeyValuePair<string, string>> Read();
}

/// <summary>
/// What somebody who helps wants to know, in one file: settings, versions, how things stand, what was refused. It holds no secret and no
/// word of a conversation. Any thread.
/// </summary>
internal sealed class SupportBundle(IShownSettings settings, NowReader now, OperatorTables tables)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>A zip, in memory: each table is cut at a few hundred rows.</summary>
    public async Task<byte[]> CreateAsync(CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "settings.json", settings.Read().ToDictionary());
            Add(zip, "status.json", await now.ReadAsync(cancellationToken));
            Add(zip, "versions.json", Versions());
            foreach (var name in tables.Names)
            {
                if (tables.Find(name) is { } table)
                {
                    Add(zip, $"{name}.json", await table.ReadAsync(new TableQuery("", "", 0, TableQuery.MaxLimit), cancellationToken));
                }
            }
        }

        return bytes.ToArray();
    }

    private static void Add<T>(ZipArchive zip, string name, T content)
    {
        using var entry = zip.CreateEntry(name).Open();
        JsonSerializer.Serialize(entry, content, s_json);
    }

    private static Dictionary<string, string> Versions() => new()
    {
        ["gateway"] = NowReader.Version,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["system"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["processors"] = Environment.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["workingSet"] = Environment.WorkingSet.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
