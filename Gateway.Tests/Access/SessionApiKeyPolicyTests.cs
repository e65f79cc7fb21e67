using System.Text;

using Gateway.Access;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.Access;

public sealed class SessionApiKeyPolicyTests
{
    [Theory]
    [InlineData(true, "?session_api_key=right", null, "", true)]
    [InlineData(true, "?session_api_key=&session_api_key=right", null, "", true)]
    [InlineData(true, "?session_api_key=null", "right", "", true)]
    [InlineData(true, "", null, "{\"session_api_key\":\"right\"}", true)]
    [InlineData(true, "?session_api_key=wrong", "wrong", "{\"session_api_key\":\"wrong\"}", false)]
    [InlineData(true, "", null, "", false)]
    [InlineData(false, "", "right", "", true)]
    [InlineData(false, "?session_api_key=right", null, "{\"session_api_key\":\"right\"}", false)]
    [InlineData(false, "", "wrong", "", false)]
    public async Task DecideAsync_KeyRequired_LooksWhereV0Looks(bool isSocket, string query, string? header, string auth, bool allowed)
    {
        var decision = await DecideAsync("right", isSocket, query, header, auth);

        (decision.Caller is not null).Should().Be(allowed);
        decision.Refusal.Should().Be(allowed ? null : AccessRefusal.InvalidSessionApiKey);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DecideAsync_NoKeyRequired_LetsEverybodyDoEverything(bool isSocket)
    {
        var decision = await DecideAsync("", isSocket, "", null, "");

        decision.Caller.Should().Be(new Caller(null, AccessRights.All));
    }

    [Theory]
    [InlineData((int)(AccessRights.Read), (int)(AccessRights.Read), true)]
    [InlineData((int)(AccessRights.Read), (int)(AccessRights.Act), false)]
    [InlineData((int)(AccessRights.Read | AccessRights.Act), (int)(AccessRights.All), false)]
    [InlineData((int)(AccessRights.All), (int)(AccessRights.Read | AccessRights.Manage), true)]
    public void Require_Rights_RefusesWhoLacksOne(int has, int needs, bool allowed)
    {
        var decision = AccessDecision.Allow(new Caller("ann", (AccessRights)has)).Require((AccessRights)needs);

        decision.Refusal.Should().Be(allowed ? null : AccessRefusal.Forbidden);
    }

    private static ValueTask<AccessDecision> DecideAsync(string key, bool isSocket, string query, string? header, string auth)
    {
        var policy = new SessionApiKeyPolicy(new AccessOptions { SessionApiKey = key });
        return policy.DecideAsync(
            new AccessRequest
            {
                Channel = isSocket ? AccessChannel.Socket : AccessChannel.Http,
                Path = "/",
                Query = new QueryCollection(QueryHelpers.ParseQuery(query)),
                Headers = header is null
                    ? new Dictionary<string, string>()
                    : new Dictionary<string, string> { ["x-session-api-key"] = header },
                Auth = Encoding.UTF8.GetBytes(auth),
            },
            CancellationToken.None);
    }
}
