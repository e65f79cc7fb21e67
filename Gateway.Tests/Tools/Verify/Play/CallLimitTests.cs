using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;

namespace Gateway.Tests.Tools.Verify.Play;

public sealed class CallLimitTests
{
    private const int Answered = 20;

    [Fact]
    public void Mark_TheTwentyFirstOfASecondIsAnswered_IsAFault() =>
        Marked([.. Calls(Answered, 200), Call(sentAt: 990, recorded: 429, actual: 200)]).Should().BeEmpty();

    [Fact]
    public void Mark_TheTwentiethIsAnsweredOrComesAfterTheSecond_IsByTheLimit()
    {
        Marked([.. Calls(Answered - 1, 200), Call(sentAt: 30, recorded: 429, actual: 200)]).Should().Equal(Answered - 1);
        Marked([.. Calls(Answered, 200), Call(sentAt: 1_030, recorded: 429, actual: 200)]).Should().Equal(Answered);
    }

    [Fact]
    public void Mark_TheTwentyFirstIsHeldAndAnswered_IsAFaultAndNotTakenForOneThatCameLate()
    {
        Marked([.. Calls(Answered, 200), Call(sentAt: 30, recorded: 429, actual: 200, took: 1_050)]).Should().BeEmpty();
        Marked([.. Calls(Answered, 200), Call(sentAt: 30, recorded: 429, actual: 200, took: 1_500)]).Should().Equal(Answered);
    }

    [Fact]
    public void Mark_TwoThatWereSentTogetherChangedPlaces_BothAreByTheLimit()
    {
        Marked([.. Calls(Answered - 1, 200), Call(30, recorded: 200, actual: 429), Call(31, recorded: 429, actual: 200)])
            .Should().Equal(Answered - 1, Answered);

        // On a busy machine an answer that was held comes so late that it looks as if its call had come late.
        Marked([.. Calls(Answered - 1, 200), Call(30, recorded: 200, actual: 429), Call(31, recorded: 429, actual: 200, took: 1_500)])
            .Should().Equal(Answered - 1, Answered);
    }

    [Fact]
    public void Mark_OneIsRefusedAndNoOtherAnsweredForIt_IsAFault()
    {
        Marked([.. Calls(Answered - 1, 200), Call(30, recorded: 200, actual: 429), Call(31, recorded: 429, actual: 429)])
            .Should().BeEmpty();
        Marked([.. Calls(Answered, 200), Call(30, recorded: 200, actual: 429), Call(150, recorded: 429, actual: 200)])
            .Should().BeEmpty();
        Marked([.. Calls(Answered, 200), Call(30, recorded: 200, actual: 429), Call(36, recorded: 429, actual: 200)])
            .Should().BeEmpty("it was answered before the other was sent");
    }

    private static IEnumerable<RestOutcome> Calls(int count, int status) =>
        Enumerable.Range(1, count).Select(milliseconds => Call(milliseconds, status, status));

    private static RestOutcome Call(int sentAt, int recorded, int actual, int took = 5) =>
        new(RecordedCall.Of(recorded), actual, [], "")
        {
            SentAt = TimeSpan.FromMilliseconds(sentAt),
            Took = TimeSpan.FromMilliseconds(took),
        };

    private static IEnumerable<int> Marked(IReadOnlyList<RestOutcome> outcomes) =>
        CallLimit.Mark(outcomes).Index().Where(static outcome => outcome.Item.IsByLimit).Select(static outcome => outcome.Index);
}
