using System.Text;

using Gateway.Primitives.Json;

namespace Gateway.Tests.Primitives.Json;

public sealed class JsonShapeTests
{
    private static readonly JsonLimits s_limits = new(MaxValues: 5, MaxDepth: 3);

    [Theory]
    [InlineData("{}", 2)]
    [InlineData(" {\"a\":1} ", 8)]
    [InlineData("1,2]", 1)]
    [InlineData("\"]\" , {", 3)]
    [InlineData("[1,2,3,4]", 9)]
    [InlineData("[[[]]]", 6)]
    [InlineData("{\"a\":[1,{}]},[[[[", 12)]
    public void MeasureFirst_OneValueWithinTheLimits_GivesItsLength(string json, int expected)
    {
        JsonShape.MeasureFirst(Encoding.UTF8.GetBytes(json), s_limits, out var length).Should().Be(JsonShapeStatus.Ok);

        length.Should().Be(expected);
    }

    [Theory]
    [InlineData("[1,2,3,4,5]")]
    [InlineData("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}")]
    [InlineData("[{},{},{},{},{},{}")]
    public void MeasureFirst_OneValueTooMany_SaysSo(string json) =>
        JsonShape.MeasureFirst(Encoding.UTF8.GetBytes(json), s_limits, out _).Should().Be(JsonShapeStatus.TooManyValues);

    [Theory]
    [InlineData("[[[[]]]]")]
    [InlineData("{\"a\":{\"b\":{\"c\":{}}}}")]
    public void MeasureFirst_OneLevelTooDeep_SaysSo(string json) =>
        JsonShape.MeasureFirst(Encoding.UTF8.GetBytes(json), s_limits, out _).Should().Be(JsonShapeStatus.TooDeep);

    [Theory]
    [InlineData("")]
    [InlineData("]")]
    [InlineData("{")]
    [InlineData("[1,")]
    [InlineData("{\"a\"}")]
    [InlineData("nope")]
    public void MeasureFirst_NoJson_SaysSo(string json) =>
        JsonShape.MeasureFirst(Encoding.UTF8.GetBytes(json), s_limits, out _).Should().Be(JsonShapeStatus.NotJson);
}
