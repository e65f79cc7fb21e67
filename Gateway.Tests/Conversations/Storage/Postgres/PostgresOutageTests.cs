using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>What the log says of a database that is away: when that begins, once a minute, and when it is over.</summary>
public sealed class PostgresOutageTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CapturedLog _log = new();
    private readonly PostgresOutage _outage;

    public PostgresOutageTests() => _outage = new PostgresOutage(_clock, _log.CreateLogger("test"));

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Failed_ManyTimesInTwoMinutes_IsSaidThreeTimes()
    {
        for (var second = 0; second < 121; second++)
        {
            _outage.Failed("NpgsqlException", StorageFailure.Unavailable);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _log.Lines.Select(static line => line.Text.Trim()).Should().Equal(
            "The database did not do what it was asked (NpgsqlException): unavailable. What follows is counted.",
            "The database did not do what it was asked 61 times in 00:01:00, lastly (NpgsqlException): unavailable.",
            "The database did not do what it was asked 121 times in 00:02:00, lastly (NpgsqlException): unavailable.");
    }

    [Fact]
    public void Succeeded_OnceNothingHasFailedForSomeSeconds_SaysHowLongItTook()
    {
        _outage.Failed("SQLSTATE 57P01", StorageFailure.Unavailable);
        _clock.Advance(TimeSpan.FromSeconds(4));
        _outage.Succeeded();
        _clock.Advance(TimeSpan.FromSeconds(4));

        // One that was asked before comes back late.
        _outage.Failed("TimeoutException", StorageFailure.TimedOut);
        _clock.Advance(TimeSpan.FromSeconds(4));
        _outage.Succeeded();
        _log.Lines.Should().HaveCount(1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _outage.Succeeded();
        _outage.Succeeded();

        var ended = _log.Lines.Should().HaveCount(2).And.Subject.Last();
        ended.Level.Should().Be(LogLevel.Information);
        ended.Text.Trim().Should().Be("The database does what it is asked again, after 00:00:12; 2 calls had failed.");
    }
}
