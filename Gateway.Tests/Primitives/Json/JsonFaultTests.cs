using Gateway.Primitives.Json;

namespace Gateway.Tests.Primitives.Json;

/// <summary>The words and positions of Python's json module, which V0's 422 answers carry.</summary>
public sealed class JsonFaultTests
{
    [Theory]
    [InlineData("{not json", 1, "Expecting property name enclosed in double quotes")]
    [InlineData("{", 1, "Expecting property name enclosed in double quotes")]
    [InlineData("{\"a\"", 4, "Expecting ':' delimiter")]
    [InlineData("{\"a\":", 5, "Expecting value")]
    [InlineData("{\"a\":1", 6, "Expecting ',' delimiter")]
    [InlineData("{\"a\":1,}", 7, "Expecting property name enclosed in double quotes")]
    [InlineData("[1,]", 3, "Expecting value")]
    [InlineData("[1 2]", 3, "Expecting ',' delimiter")]
    [InlineData("\"abc", 0, "Unterminated string starting at")]
    [InlineData("\"a\nb\"", 2, "Invalid control character at")]
    [InlineData("\"a\\x\"", 2, "Invalid \\escape")]
    [InlineData("\"\\u12g4\"", 2, "Invalid \\uXXXX escape")]
    [InlineData("nope", 0, "Expecting value")]
    [InlineData("1 2", 2, "Extra data")]
    [InlineData("01", 1, "Extra data")]
    [InlineData("-", 0, "Expecting value")]
    public void Find_NoJson_SaysWhereAndWhy(string text, int position, string message) =>
        JsonFault.Find(text).Should().Be(new JsonFault(position, message));

    [Theory]
    [InlineData("{}")]
    [InlineData(" { \"a\" : [ 1 , -2.5e+3 , \"\\u00e9\\n\" , null , true , false ] } ")]
    [InlineData("0")]
    [InlineData("\"\"")]
    public void Find_Json_FindsNothing(string text) => JsonFault.Find(text).Should().BeNull();

    [Fact]
    public void Find_NestedBeyondAnyUse_IsAFaultAndNoStackOverflow() =>
        JsonFault.Find(new string('[', 1_000_000)).Should().NotBeNull();
}
