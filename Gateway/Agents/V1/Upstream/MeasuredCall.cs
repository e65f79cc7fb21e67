using System.Diagnostics;
using System.Globalization;

namespace Gateway.Agents.V1.Upstream;

/// <summary>One call to V1's server, as metrics and spans see it: until it is disposed of. A local of the method that calls.</summary>
internal sealed class MeasuredCall : IDisposable
{
    private readonly V1Metrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly HttpMethod _method;
    private readonly string _path;
    private readonly Activity? _span;
    private readonly long _began;

    // Of a call that was given up, or threw.
    private string _outcome = "cancelled";
    private bool _isSuccess;

    private MeasuredCall(V1Metrics metrics, TimeProvider timeProvider, HttpMethod method, string path, Activity? span)
    {
        _metrics = metrics;
        _timeProvider = timeProvider;
        _method = method;
        _path = path;
        _span = span;
        _began = timeProvider.GetTimestamp();
    }

    /// <summary>Null while nobody measures or listens.</summary>
    public static MeasuredCall? Begin(V1Metrics metrics, TimeProvider timeProvider, HttpMethod method, string path)
    {
        var span = V1Traces.StartCall(method, path);
        return span is null && !metrics.MeasuresCalls ? null : new MeasuredCall(metrics, timeProvider, method, path, span);
    }

    public void Answered(in RestResult result)
    {
        _isSuccess = result.IsSuccess;
        _outcome = result switch
        {
            { IsTooLarge: true } => "too_large",
            { Status: 0, IsUnknown: true } => "no_answer",
            { Status: 0 } => "unreachable",
            _ => result.Status.ToString(CultureInfo.InvariantCulture),
        };
    }

    public void Dispose()
    {
        if (_metrics.MeasuresCalls)
        {
            _metrics.CallTook(_method, V1Route.Of(_path), _outcome, _timeProvider.GetElapsedTime(_began));
        }

        _span.SetOutcome(_outcome, _isSuccess);
        _span?.Dispose();
    }
}
