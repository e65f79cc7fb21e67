using Gateway.Agents.V1;

namespace Gateway.Tests.Agents.V1;

public sealed class V1RouteTests
{
    [Theory]
    [InlineData("api/conversations/0af76519-16cd-43dd-8448-eb211c80319c/events/search?limit=100&page_id=a", "/api/conversations/{}/events/search")]
    [InlineData("api/file/download/workspace/a/b/secret.txt", "/api/file/download/{}")]
    [InlineData("/server_info", "/server_info")]
    [InlineData("api/vscode/url?base_url=http%3A%2F%2Fa", "/api/vscode/url")]
    [InlineData("api/a/events/b/events/c/events/d/events", "/api/{}/events/{}/events/{}")]
    [InlineData("", "")]
    public void Of_APath_HasWordsOfV1sRoutesAlone(string path, string expected) => V1Route.Of(path).Should().Be(expected);
}
