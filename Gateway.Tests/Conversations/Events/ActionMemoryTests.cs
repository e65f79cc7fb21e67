using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Events;

namespace Gateway.Tests.Conversations.Events;

/// <summary>What an action costs in memory, whatever its author made of it: at most 8 times its bytes.</summary>
public sealed class ActionMemoryTests
{
    private const int MaxPayloadBytes = 4 * 1024 * 1024;
    private const int Factor = 8;

    // Below this an action is small whatever it costs: 2,000 values of about 900 bytes.
    private const int FreeBytes = 2_500_000;

    private readonly EventWriter _writer = new(TimeProvider.System);

    [Theory]
    [InlineData("{},", "The action must not hold more than 2000 values.")]
    [InlineData("0,", "The action must not hold more than 2000 values.")]
    [InlineData("\"\",", "The action must not hold more than 2000 values.")]
    [InlineData("[[[[[[[[[],1],2],3],4],5],6],7],8],", "The action must not hold more than 2000 values.")]
    [InlineData("[", "The action must not be nested more than 64 deep.")]
    [InlineData("{\"a\":", "The action must not be nested more than 64 deep.")]
    public void Check_ManyValuesOrLevels_IsRefusedBeforeAnythingIsBuilt(string repeated, string refusal)
    {
        var arguments = Arguments("[" + Repeat(repeated, MaxPayloadBytes) + "0]");

        var allocated = Allocated(() => Check(arguments), out var result);

        result.Should().BeOfType<ActionPayloadResult.Refused>().Which.Message.Should().Be(refusal);
        allocated.Should().BeLessThan(10_000);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("\\n")]
    [InlineData("\\u00e9")]
    [InlineData("\u00e9")]
    [InlineData("\u4e2d")]
    [InlineData("\U0001F600")]
    public void CheckAndWrite_LongText_TakesAtMostEightTimesItsBytes(string repeated)
    {
        var arguments = Arguments("\"" + Repeat(repeated, MaxPayloadBytes) + "\"");
        CheckAndWrite(arguments);

        var allocated = Allocated(() => CheckAndWrite(arguments), out var stored);

        stored.Length.Should().BeGreaterThan(MaxPayloadBytes / 2);
        allocated.Should().BeLessThan((long)Factor * arguments.Length);
    }

    [Theory]
    [InlineData("{},")]
    [InlineData("{\"a\":0},")]
    [InlineData("[[]],")]
    [InlineData("1.5,")]
    public void CheckAndWrite_AsManyValuesAsAllowed_TakesLittle(string repeated)
    {
        var values = repeated.Count(static c => c is '{' or '[' or '0' or '5');
        var arguments = Arguments("\"\",\"image_urls\":[" + string.Concat(Enumerable.Repeat(repeated, 1_990 / values)) + "0]");
        CheckAndWrite(arguments);

        var allocated = Allocated(() => CheckAndWrite(arguments), out _);

        allocated.Should().BeLessThan(FreeBytes + ((long)Factor * arguments.Length));
    }

    private static ActionPayloadResult Check(byte[] arguments) =>
        ActionPayload.CheckFirst(arguments, new ConversationsOptions().ActionLimits);

    private ReadOnlyMemory<byte> CheckAndWrite(byte[] arguments)
    {
        var accepted = (ActionPayloadResult.Accepted)Check(arguments);
        return _writer.Write(1, EventSource.User, accepted.Body).Json;
    }

    private static byte[] Arguments(string content) =>
        Encoding.UTF8.GetBytes("[{\"action\":\"message\",\"args\":{\"content\":" + content + "}}]");

    private static string Repeat(string text, int bytes) =>
        new StringBuilder().Insert(0, text, bytes / Encoding.UTF8.GetByteCount(text)).ToString();

    private static long Allocated<T>(Func<T> act, out T result)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        result = act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
