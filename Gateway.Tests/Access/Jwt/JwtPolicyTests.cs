using System.Text;

using Gateway.Access;
using Gateway.Access.Jwt;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Access.Jwt;

/// <summary>Which tokens let in, as whom and to what.</summary>
public sealed class JwtPolicyTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeterFactory _meters = new();
    private readonly CountedMeasurements _counted;
    private readonly CapturedLog _log = new();
    private readonly LoggerFactory _loggers;
    private readonly TempStore _folder = TempStore.Empty();
    private readonly TokenIssuer _issuer = TokenIssuer.OfAFile();
    private readonly List<TokenChecker> _checkers = [];

    public JwtPolicyTests()
    {
        _counted = new CountedMeasurements(_meters);
        _loggers = new LoggerFactory([_log]);
    }

    public void Dispose()
    {
        _checkers.ForEach(static checker => checker.Dispose());
        _counted.Dispose();
        _meters.Dispose();
        _loggers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("header")]
    [InlineData("payload")]
    [InlineData("cookie")]
    public async Task Decide_OfAToken_TakesItWhereverItIsShown(string place)
    {
        var token = Sign("ann");
        var request = place switch
        {
            "header" => Request(("authorization", $"Bearer {token}")),
            "payload" => Request() with { Auth = Encoding.UTF8.GetBytes($$"""{"token":"{{token}}"}""") },
            _ => Request(("cookie", $"theme=dark; gateway={token}")),
        };

        var decision = await DecideAsync(Create(static options => options.Cookie = "gateway"), request);

        decision.Caller.Should().Be(new Caller("ann", AccessRights.All));
        decision.Until.Should().Be(_clock.GetUtcNow() + TimeSpan.FromMinutes(6), "it is of five minutes, and clocks may differ by one");
        _counted["gateway.access.tokens accepted"].Should().Be(1);
    }

    [Theory]
    [InlineData("none", "A token is required", "missing")]
    [InlineData("garbage", "The token is not valid", "invalid")]
    [InlineData("unsigned", "The token is not valid", "signature")]
    [InlineData("of another key", "The token is not valid", "signature")]
    [InlineData("changed", "The token is not valid", "signature")]
    [InlineData("of another audience", "The token is not valid", "audience")]
    [InlineData("of another issuer", "The token is not valid", "issuer")]
    [InlineData("expired", "The token has expired", "expired")]
    [InlineData("too early", "The token is not valid", "not_yet_valid")]
    [InlineData("of nobody", "The token is not valid", "no_user")]
    [InlineData("too long", "The token is not valid", "invalid")]
    public async Task Decide_OfATokenThatIsNotRight_RefusesAndCounts(string kind, string message, string outcome)
    {
        var now = _clock.GetUtcNow();
        var token = kind switch
        {
            "none" => "",
            "garbage" => "abc",
            "unsigned" => Unsigned(Sign("ann")),
            "of another key" => TokenIssuer.OfAFile().Sign(now, "ann"),
            "changed" => WithAnotherUser(Sign("ann")),
            "of another audience" => _issuer.Sign(now, "ann", audience: "another-program"),
            "of another issuer" => _issuer.Sign(now, "ann", issuer: "https://other.test"),
            "expired" => _issuer.Sign(now - TimeSpan.FromMinutes(6), "ann"),
            "too early" => _issuer.Sign(now + TimeSpan.FromMinutes(2), "ann"),
            "of nobody" => Sign(""),
            _ => _issuer.Sign(now, "ann", claims: static claims => claims["note"] = new string('a', 20_000)),
        };

        var decision = await DecideAsync(Create(), Request(("authorization", $"Bearer {token}")));

        decision.Refusal.Should().NotBeNull();
        decision.Refusal?.SocketMessage.Should().Be(message);
        decision.Refusal?.Kind.Should().Be(RefusalKind.Unauthorized);
        _counted[$"gateway.access.tokens {outcome}"].Should().Be(1);
    }

    [Theory]
    [InlineData("c1", "c1", true)]
    [InlineData("c0 c1", "c1", true)]
    [InlineData("*", "c1", true)]
    [InlineData("c2", "c1", false)]
    [InlineData("c1", null, false)]
    [InlineData("*", null, true)]
    public async Task Decide_OfATokenForSomeConversations_OpensThoseAlone(string claim, string? asked, bool isAllowed)
    {
        var policy = Create(static options => options.ConversationsClaim = "conversations");
        var inOneText = _issuer.Sign(_clock.GetUtcNow(), "ann", claims: claims => claims["conversations"] = claim);
        var asAList = _issuer.Sign(_clock.GetUtcNow(), "ann", claims: claims => claims["conversations"] = claim.Split(' '));

        foreach (var token in new[] { inOneText, asAList })
        {
            var decision = await DecideAsync(policy, Request(("authorization", $"Bearer {token}")) with { ConversationId = asked });

            decision.Refusal?.Kind.Should().Be(RefusalKind.Forbidden);
            (decision.Caller is not null).Should().Be(isAllowed);
        }
    }

    [Fact]
    public async Task Decide_OfATokenWithoutTheClaimOfConversations_OpensNone()
    {
        var policy = Create(static options => options.ConversationsClaim = "conversations");

        var decision = await DecideAsync(policy, Request(("authorization", $"Bearer {Sign("ann")}")));

        decision.Refusal?.Kind.Should().Be(RefusalKind.Forbidden);
    }

    [Fact]
    public async Task Decide_ByAnAuthority_WaitsForItsKeysAndFollowsTheirChange()
    {
        await using var provider = await TokenIssuer.StartAsync();
        provider.IsDown = true;
        var policy = Create(options =>
        {
            options.KeySet = "";
            options.Issuer = "";
            options.Authority = provider.Name;
            options.RequireHttps = false;
        });
        var request = Request(("authorization", $"Bearer {provider.Sign(_clock.GetUtcNow(), "ann")}"));

        (await DecideAsync(policy, request)).Refusal.Should().Be(AccessRefusal.Unavailable);
        _counted["gateway.access.tokens keys_unavailable"].Should().Be(1);
        _log.Expect("cannot be read");
        provider.IsDown = false;
        (await DecideAsync(policy, request)).Caller?.UserId.Should().Be("ann");

        provider.ChangeKey();
        var newer = Request(("authorization", $"Bearer {provider.Sign(_clock.GetUtcNow(), "bob")}"));
        await Eventually.IsTrueAsync(
            async () => (await DecideAsync(policy, newer)).Caller?.UserId == "bob", "the keys are read anew beside the question");

        _log.Complaints.Should().BeEmpty();
    }

    private static Task<AccessDecision> DecideAsync(JwtPolicy policy, AccessRequest request) =>
        policy.DecideAsync(request, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    private static AccessRequest Request(params (string Name, string Value)[] headers) => new()
    {
        Channel = AccessChannel.Socket,
        Path = "/socket.io/",
        Query = QueryCollection.Empty,
        Headers = headers.ToDictionary(static header => header.Name, static header => header.Value),
        ConversationId = "c1",
    };

    private static string Unsigned(string token) =>
        $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    private static string WithAnotherUser(string token)
    {
        var parts = token.Split('.');
        var claims = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        return $"{parts[0]}.{Encode(claims.Replace("ann", "bob", StringComparison.Ordinal))}.{parts[2]}";
    }

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private string Sign(string user) => _issuer.Sign(_clock.GetUtcNow(), user);

    private JwtPolicy Create(Action<JwtOptions>? change = null)
    {
        var file = _folder.PathOf("keys.json");
        File.WriteAllText(file, _issuer.KeySet);
        var options = new JwtOptions { KeySet = file, Issuer = _issuer.Name, Audience = TokenIssuer.Audience };
        change?.Invoke(options);
        var checker = new TokenChecker(options, _clock);
        _checkers.Add(checker);
        return new JwtPolicy(options, checker, new AccessMetrics(_meters), _clock, _loggers.CreateLogger<JwtPolicy>());
    }
}
