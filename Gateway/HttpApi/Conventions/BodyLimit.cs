using Microsoft.AspNetCore.Http.Metadata;

namespace Gateway.HttpApi.Conventions;

/// <summary>A route whose bodies may be larger, or must be smaller, than those of others. Immutable.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
