using System.Text.Json.Serialization;

namespace Gateway.EngineIO.Admission;

/// <summary>Source-generated writing of error bodies. Stateless.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EngineError.Body))]
internal sealed partial class EngineErrorJson : JsonSerializerContext;
