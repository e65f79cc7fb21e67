using System.ComponentModel.DataAnnotations;

using Microsoft.Extensions.Options;

namespace Gateway.HttpApi;

/// <summary>Settings of V0's REST, section <c>HttpApi</c>. Read once, at start.</summary>
internal sealed class HttpApiOptions
{
    public const string Section = "HttpApi";

    /// <summary>
    /// V0's limit: 10 requests of an address in a second are answered at once, the next 10 wait a second, and more get 429.
    /// </summary>
    public bool RateLimit { get; set; } = true;

    /// <summary>Compress answers of 1 KB and more for clients that accept it (<c>br</c>, <c>gzip</c>); V0 compresses none.</summary>
    public bool Compression { get; set; } = true;

    /// <summary>Largest body of a request, files apart.</summary>
    [Range(1_024, 256 * 1_024 * 1_024)]
    public long MaxBodyBytes { get; set; } = 16 * 1_024 * 1_024;

    /// <summary>Largest body of an upload of files, all files together.</summary>
    [Range(1_024, 16L * 1_024 * 1_024 * 1_024)]
    public long MaxUploadBytes { get; set; } = 1L * 1_024 * 1_024 * 1_024;

    /// <summary>
    /// How long a request may take, uploads and downloads of files apart. It is then answered with 500, as V0 answers what fails.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an upload or a download of files may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan TransferTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Origins whose pages may read answers. Null means V0's rule: pages of <c>localhost</c> and <c>127.0.0.1</c>, with any scheme and
    /// port. <c>*</c> stands for all.
    /// </summary>
    public IList<string>? AllowedOrigins { get; set; }

    /// <summary>
    /// Where browsers reach this server, when that is another origin than their page's, or when a proxy serves it below a prefix
    /// (<c>https://example.org/gateway</c>). Running conversations then name it, and V0's web UI goes there for all that belongs to a
    /// conversation: its routes, its socket (below a prefix from 0.55 on). Requests with the prefix are understood as those without.
    /// Empty, as V0 has it: the page's own origin.
    /// </summary>
    [RegularExpression(@"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$", ErrorMessage = "The field {0} must be an http or https address.")]
    public string PublicUrl { get; set; } = "";
}

/// <summary>Each setting on its own. Source-generated; stateless.</summary>
[OptionsValidator]
internal sealed partial class HttpApiOptionsValidator : IValidateOptions<HttpApiOptions>;
