using Gateway.EngineIO;
using Gateway.Operations.Operators.Clients;
using Gateway.SocketIO;

namespace Gateway.Tests.Operations.Operators;

/// <summary>What is said of a client's program is what can be known of it.</summary>
public sealed class ClientKindTests
{
    private const string Browser = "Mozilla/5.0 (X11; rv:127.0) Gecko/20100101 Firefox/127.0";
    private const string Ids = "latest_event_id=-1&conversation_id=c1";

    [Theory]
    [InlineData(Browser, "http://a", "websocket", Ids + "&providers_set=", "browser (Firefox)", "V0 web UI, 0.32 or newer")]
    [InlineData(Browser, "http://a", "websocket", Ids, "browser (Firefox)", "V0 web UI before 0.32, or a page like it")]
    [InlineData(Browser, "http://a", "websocket", "conversation_id=c1", "browser (Firefox)", "another page")]
    [InlineData(Browser, null, "polling", Ids, "browser (Firefox)", "another page")]
    [InlineData(null, null, "websocket", Ids, "not named", "program")]
    [InlineData(null, "http://a", "websocket", Ids, "not named", "program")]
    [InlineData(null, "http://a", "websocket", Ids + "&t=1764547796.6181436", "python-socketio", "program")]
    [InlineData("my-tool/1.2", "http://a", "websocket", Ids + "&providers_set=", "my-tool", "program, as the web UI")]
    public void Of_AHandshake_SaysNoMoreThanItKnows(
        string? agent, string? origin, string transport, string query, string library, string dialect)
    {
        var headers = new Dictionary<string, string>();
        if (agent is not null)
        {
            headers["user-agent"] = agent;
        }

        if (origin is not null)
        {
            headers["origin"] = origin;
        }

        var kind = ClientKind.Of(new SocketHandshake(new EngineHandshake($"?EIO=4&transport={transport}&{query}", headers, null)));

        (kind.Library, kind.Dialect).Should().Be((library, dialect));
    }
}
