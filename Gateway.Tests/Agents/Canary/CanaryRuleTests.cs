using System.Globalization;

using Gateway.Agents;
using Gateway.Agents.Canary;
using Gateway.Conversations;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Agents.Canary;

/// <summary>Which new conversations are V1's.</summary>
public sealed class CanaryRuleTests
{
    private const int Conversations = 2_000;

    /// <summary>As any other program computes it: the first eight digits of sha256sum, modulo 10,000.</summary>
    [Theory]
    [InlineData("6b9cd1863341492c82ee59738a71550a", 8_320)]
    [InlineData("00000000000000000000000000000000", 1_962)]
    public void SlotOf_AnId_IsItsHashWhereverItIsComputed(string id, int expected) => CanaryRule.SlotOf(Key(id).Id).Should().Be(expected);

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(95)]
    [InlineData(100)]
    public void IsForV1_ManyConversations_IsTheShareWithinTwoPercent(double percent)
    {
        var rule = Rule(new CanaryOptions { Percent = percent });

        var share = 100.0 * Ids().Count(key => rule.IsForV1(key, null)) / Conversations;

        share.Should().BeInRange(Math.Max(0, percent - 2), Math.Min(100, percent + 2));
        if (percent is 0 or 100)
        {
            share.Should().Be(percent);
        }
    }

    [Fact]
    public void IsForV1_ALargerShare_TakesNoneAway()
    {
        var few = Rule(new CanaryOptions { Percent = 10 });
        var more = Rule(new CanaryOptions { Percent = 30 });

        Ids().Where(key => few.IsForV1(key, null)).Should().NotBeEmpty().And.OnlyContain(key => more.IsForV1(key, null));
    }

    [Theory]
    [InlineData("X-Canary", "", true)]
    [InlineData("X-Canary=on", "", true)]
    [InlineData("X-Canary=ON", "", false)]
    [InlineData("X-Other", "", false)]
    [InlineData("", "canary", true)]
    [InlineData("", "canary=1", true)]
    [InlineData("", "canary=2", false)]
    [InlineData("", "", false)]
    public void IsForV1_ARequestWithAMark_IsWhateverTheShareSays(string header, string cookie, bool expected)
    {
        var rule = Rule(new CanaryOptions { Percent = 0, Header = header, Cookie = cookie });
        var request = new DefaultHttpContext().Request;
        request.Headers["x-canary"] = "on";
        request.Headers.Cookie = "other=3; canary=1";

        rule.IsForV1(Key("a"), request).Should().Be(expected);
        rule.IsForV1(Key("a"), new DefaultHttpContext().Request).Should().BeFalse("nothing marks it");
    }

    [Fact]
    public void IsForV1_ANamedUser_IsAndOthersAreNot()
    {
        var options = new CanaryOptions();
        options.Users.Add("alice");
        var rule = Rule(options);

        rule.IsForV1(Key("a", "alice"), null).Should().BeTrue();
        rule.IsForV1(Key("a", "bob"), null).Should().BeFalse();
        rule.IsForV1(Key("a"), null).Should().BeFalse();
    }

    [Fact]
    public void IsForV1_TakenBack_IsNobody()
    {
        var options = new CanaryOptions { Percent = 100, Header = "X-Canary", TakeBack = true };
        options.Users.Add("alice");
        var request = new DefaultHttpContext().Request;
        request.Headers["X-Canary"] = "1";

        Rule(options).IsForV1(Key("a", "alice"), request).Should().BeFalse();
    }

    [Theory]
    [InlineData("", "none", 5, "", 1)]
    [InlineData("", "none", 0, "", 0)]
    [InlineData("none", "v1", 5, "", 0)]
    [InlineData("Echo", "v1", 5, "", 0)]
    [InlineData("http://v0:3000/base", "v1", 5, "X-Canary=1", 0)]
    [InlineData("http://name:secret@v0:3000", "v1", 5, "", 1)]
    [InlineData("http://v0:3000/?session_api_key=secret", "v1", 5, "", 1)]
    [InlineData("recorded", "v1", 5, "", 1)]
    [InlineData("v1", "v1", 5, "", 1)]
    [InlineData("ftp://v0", "echo", 5, "", 2)]
    [InlineData("none", "v1", 5, "a b", 1)]
    [InlineData("none", "v1", 5, "X-Canary=", 1)]
    public void Validate_Settings_NamesEveryFailure(string old, string agent, double percent, string header, int failures)
    {
        var validator = new CanaryOptionsValidator(Options.Create(new AgentOptions { Agent = agent }));

        var result = validator.Validate(null, new CanaryOptions { Old = old, Percent = percent, Header = header });

        (result.Failures?.Count() ?? 0).Should().Be(failures, "{0}", result.FailureMessage);
        (result.FailureMessage ?? "").Should().NotContain("secret");
    }

    [Fact]
    public void Validate_AUserThatCannotBeOne_IsNamed()
    {
        var options = new CanaryOptions { Old = "none" };
        options.Users.Add("a/b");

        var result = new CanaryOptionsValidator(Options.Create(new AgentOptions { Agent = "v1" })).Validate(null, options);

        result.FailureMessage.Should().Contain("'a/b'");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100.5)]
    [InlineData(double.NaN)]
    public void Validate_APercentThatIsNone_IsRefused(double percent) =>
        new CanaryOptionsAttributeValidator().Validate(null, new CanaryOptions { Percent = percent }).Failed.Should().BeTrue();

    private static CanaryRule Rule(CanaryOptions options) => new(Options.Create(options));

    private static IEnumerable<ConversationKey> Ids() =>
        Enumerable.Range(0, Conversations).Select(static n => Key(n.ToString("x32", CultureInfo.InvariantCulture)));

    private static ConversationKey Key(string id, string? user = null) => new(
        ConversationId.TryParse(id, out var parsed) ? parsed : throw new ArgumentException(id),
        user is not null && ConversationId.TryParse(user, out var named) ? named : null);
}
