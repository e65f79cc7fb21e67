using Gateway.Operations;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Operations;

/// <summary>Who may use the operators' routes.</summary>
public sealed class OperatorAccessTests
{
    private const string Key = "0123456789abcdef-operator";
    private const int Port = 9_000;

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Decide_WithoutAKeyInTheSettings_FindsNothing()
    {
        var access = Create(key: "");

        access.Decide(Request(("X-Operator-Key", ""))).Should().Be(OperatorDecision.Absent);
        access.TrySignIn(Request(), "").Should().BeFalse();
    }

    [Theory]
    [InlineData("X-Operator-Key", Key, true)]
    [InlineData("Authorization", $"Bearer {Key}", true)]
    [InlineData("Authorization", $"bearer {Key}", true)]
    [InlineData("Authorization", Key, false)]
    [InlineData("Authorization", $"Basic {Key}", false)]
    [InlineData("X-Operator-Key", $"{Key}x", false)]
    [InlineData("X-Session-API-Key", Key, false)]
    [InlineData("Cookie", $"gateway_operator={Key}", false)]
    public void Decide_OfAHeader_TakesTheKeyAlone(string header, string value, bool isAllowed) =>
        Create().Decide(Request((header, value))).Should().Be(isAllowed ? OperatorDecision.Allowed : OperatorDecision.Unknown);

    [Fact]
    public void Decide_OnAnotherPortThanTheOperators_FindsNothing()
    {
        var access = Create(url: $"http://127.0.0.1:{Port}");
        var elsewhere = Request(("X-Operator-Key", Key));
        elsewhere.Connection.LocalPort = Port + 1;

        access.Decide(elsewhere).Should().Be(OperatorDecision.Absent);
        access.TrySignIn(elsewhere, Key).Should().BeFalse();
        access.Decide(Request(("X-Operator-Key", Key))).Should().Be(OperatorDecision.Allowed);
    }

    [Fact]
    public void TrySignIn_WithTheKey_IsRememberedForItsTimeAndByAnotherProcess()
    {
        var cookie = SignIn(Create());

        cookie.Should().NotContain(Key);
        Create().Decide(Request(("Cookie", cookie))).Should().Be(OperatorDecision.Allowed);
        Create(key: "another-key-of-an-operator").Decide(Request(("Cookie", cookie))).Should().Be(OperatorDecision.Unknown);

        _clock.Advance(TimeSpan.FromHours(12));
        Create().Decide(Request(("Cookie", cookie))).Should().Be(OperatorDecision.Unknown);
    }

    [Fact]
    public void TrySignIn_WithAWrongKey_SetsNothing()
    {
        var context = Request();

        Create().TrySignIn(context, "a guess").Should().BeFalse();
        context.Response.Headers.SetCookie.Should().BeEmpty();
    }

    [Fact]
    public void Decide_OfACookieWhoseEndWasChanged_DoesNotTakeIt()
    {
        var cookie = SignIn(Create());
        var longer = cookie.Replace("gateway_operator=", "gateway_operator=9", StringComparison.Ordinal);

        Create().Decide(Request(("Cookie", longer))).Should().Be(OperatorDecision.Unknown);
    }

    [Theory]
    [InlineData("POST", "http://gateway.test", true)]
    [InlineData("POST", null, true)]
    [InlineData("POST", "http://gateway.test:81", false)]
    [InlineData("POST", "null", false)]
    [InlineData("GET", "http://gateway.test:81", true)]
    public void Decide_OfACookieFromAPageOfAnotherOrigin_ChangesNothing(string method, string? origin, bool isAllowed)
    {
        var request = Request(("Cookie", SignIn(Create())), ("Origin", origin ?? ""));
        request.Request.Method = method;

        Create().Decide(request).Should().Be(isAllowed ? OperatorDecision.Allowed : OperatorDecision.Unknown);
    }

    private static DefaultHttpContext Request(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Get;
        context.Request.Host = new HostString("gateway.test");
        context.Connection.LocalPort = Port;
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }

        return context;
    }

    /// <summary>What the browser sends from then on.</summary>
    private static string SignIn(OperatorAccess access)
    {
        var context = Request();
        access.TrySignIn(context, Key).Should().BeTrue();
        var set = context.Response.Headers.SetCookie.ToString();
        set.Should().Contain("httponly").And.Contain("samesite=strict");
        return set.Split(';')[0];
    }

    private OperatorAccess Create(string key = Key, string url = "") =>
        new(Options.Create(new OperationsOptions { Key = key, Address = url }), _clock, NullLogger<OperatorAccess>.Instance);
}
