using Gateway.EngineIO.Sessions;

namespace Gateway.Tests.EngineIO.Sessions;

public class SessionIdTests
{
    [Fact]
    public void Create_ManyTimes_IsTwentyUrlSafeCharactersAndNeverTheSame()
    {
        var ids = Enumerable.Range(0, 1_000).Select(static _ => SessionId.Create()).ToList();

        ids.Should().OnlyHaveUniqueItems();
        ids.Should().OnlyContain(static id => id.Length == 20 && id.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_'));
    }
}
