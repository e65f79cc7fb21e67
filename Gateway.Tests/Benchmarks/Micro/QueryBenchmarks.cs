using System.Text;

using BenchmarkDotNet.Attributes;

using Gateway.EngineIO;

using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.Benchmarks.Micro;

/// <summary>The query of a handshake: three parameters are looked at, and all of it is kept for as long as the client is there.</summary>
public class QueryBenchmarks
{
    private static readonly byte[] s_query = Encoding.UTF8.GetBytes(Samples.Query);

    [Benchmark(Description = "three parameters of a query")]
    public int Decoded()
    {
        var query = new QueryText(s_query);
        return query["conversation_id"].Count + query["latest_event_id"].Count + query["session_api_key"].Count;
    }

    [Benchmark(Description = "  parsed whole")]
    public int Parsed()
    {
        var query = QueryHelpers.ParseQuery(Samples.Query);
        return query["conversation_id"].Count + query["latest_event_id"].Count + query["session_api_key"].Count;
    }
}
