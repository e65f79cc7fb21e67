using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.Operations.Operators;

/// <summary>What the operators' page may show and keep. It is on when there is an operators' key (<c>Operations:Key</c>).</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operations:Operator";

    /// <summary>
    /// Operators may read what conversations hold. Otherwise they see of each event its kind, size and form, and no word.
    /// </summary>
    public bool ReadEvents { get; set; }

    /// <summary>
    /// The file that keeps which kinds of clients have been seen, over restarts. Empty: <c>gateway-clients.json</c> in the store's folder,
    /// and with PostgreSQL no file.
    /// </summary>
    public string ClientsFile { get; set; } = "";

    /// <summary>Kinds of clients that are told apart; what comes beyond that is counted together.</summary>
    [Range(10, 10_000)]
    public int MaxClientKinds { get; set; } = 500;

    /// <summary>
    /// The folder of recordings. Empty: <c>gateway-recordings</c> in the store's folder, and with PostgreSQL in the temporary folder of the
    /// system.
    /// </summary>
    public string RecordingsFolder { get; set; } = "";

    /// <summary>Conversations that may be recorded at one time.</summary>
    [Range(0, 100)]
    public int MaxRecordings { get; set; } = 4;

    /// <summary>Recordings that are kept; the oldest make room.</summary>
    [Range(1, 1_000)]
    public int KeptRecordings { get; set; } = 20;

    /// <summary>Bytes of messages after which a recording ends by itself.</summary>
    [Range(64 * 1_024, 1_024 * 1_024 * 1_024)]
    public long MaxRecordingBytes { get; set; } = 64 * 1_024 * 1_024;

    /// <summary>Pages that may be open at one time and are kept up to date.</summary>
    [Range(1, 1_000)]
    public int MaxViewers { get; set; } = 32;
}

[OptionsValidator]
internal sealed partial class OperatorOptionsValidator : IValidateOptions<OperatorOptions>;
