using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// Which answers are compressed for a client that accepts it: those of texts that are worth it. Any thread.
/// </summary>
internal sealed class AnswerCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    /// <summary>A shorter body, in bytes, stays as it is: with its headers it is one packet of the network either way.</summary>
    private const int Smallest = 1_024;

    public override bool ShouldCompressResponse(HttpContext context) =>
        !(context.Response.ContentLength < Smallest) && base.ShouldCompressResponse(context);
}
