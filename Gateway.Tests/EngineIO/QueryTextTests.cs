using Gateway.EngineIO;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Tests.EngineIO;

public class QueryTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?a=1&b=2")]
    [InlineData("?a=1&A=2&a=")]
    [InlineData("?a&&=x&=&b=c=d")]
    [InlineData("?a%20b=c+d%0A&%zz=%zz&%C3%A9=%F0%9F%92%A9&n=%00")]
    [InlineData("?EIO=4&transport=websocket&sid=")]
    public void Lookups_AnyQuery_AreThoseOfTheServer(string text)
    {
        var expected = new QueryCollection(QueryHelpers.ParseQuery(text));

        var query = QueryText.From(text);

        query.Count.Should().Be(expected.Count);
        query.Keys.Should().BeEquivalentTo(expected.Keys);
        query.Should().BeEquivalentTo(expected);
        query.ContainsKey("absent").Should().BeFalse();
        query["absent"].Should().BeEmpty();
        foreach (var (name, values) in expected)
        {
            query[name.ToUpperInvariant()].Should().Equal(values);
            query.TryGetValue(name, out var found).Should().BeTrue();
            found.Should().Equal(values);
        }
    }
}
