using System.Text;

using Gateway.Access;

namespace Gateway.Tests.Access;

public sealed class ConnectAuthTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("{}", null)]
    [InlineData("null", null)]
    [InlineData("[\"session_api_key\",\"k\"]", null)]
    [InlineData("{\"session_api_key\":\"k\"}", "k")]
    [InlineData("{\"token\":\"t\",\"session_api_key\":\"k\",\"more\":[1]}", "k")]
    [InlineData("{\"session\\u005fapi_key\":\"\\u006b\"}", "k")]
    [InlineData("{\"session_api_key\":7}", null)]
    [InlineData("{\"session_api_key\":null}", null)]
    [InlineData("{\"session_api_key\":{\"session_api_key\":\"k\"}}", null)]
    [InlineData("{\"inner\":{\"session_api_key\":\"k\"}}", null)]
    [InlineData("{\"session_api_key\":", null)]
    [InlineData("{\"session_api_key\":\"k", null)]
    [InlineData("{\"session_api_key\":\"\\ud800\"}", null)]
    [InlineData("{\"\\ud800\":1,\"session_api_key\":\"k\"}", "k")]
    [InlineData("nonsense", null)]
    public void ReadSessionApiKey_AnyPayload_GivesTheTextOrNothing(string auth, string? expected) =>
        ConnectAuth.ReadSessionApiKey(Encoding.UTF8.GetBytes(auth)).Should().Be(expected);

    [Fact]
    public void ReadSessionApiKey_NotUtf8_GivesNothing() =>
        ConnectAuth.ReadSessionApiKey([.. "{\"session_api_key\":\""u8, 0xFF, .. "\"}"u8]).Should().BeNull();

    [Fact]
    public void ReadSessionApiKey_TooDeep_GivesNothing() =>
        ConnectAuth.ReadSessionApiKey(Encoding.UTF8.GetBytes($"{{\"a\":{new string('[', 5_000)}")).Should().BeNull();
}
