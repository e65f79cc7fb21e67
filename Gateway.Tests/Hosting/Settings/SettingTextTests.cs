using Gateway.Conversations.Storage.Files;
using Gateway.Hosting.Settings;

using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Hosting.Settings;

public sealed class SettingTextTests
{
    [Theory]
    [InlineData("10", "00:00:10")]
    [InlineData("0.5", "00:00:00.5")]
    [InlineData("90", "00:01:30")]
    [InlineData("10s", "00:00:10")]
    [InlineData("250ms", "00:00:00.25")]
    [InlineData("5 min", "00:05:00")]
    [InlineData("2h", "02:00:00")]
    [InlineData("1d", "1.00:00:00")]
    [InlineData("soon", "00:00:10")]
    public void FindProblem_ANumberForATimeSpan_SpellsIt(string text, string spelling) =>
        SettingText.FindProblem(text, typeof(TimeSpan)).Should().Contain($" {spelling}");

    [Theory]
    [InlineData("00:00:10", typeof(TimeSpan))]
    [InlineData("1.00:00:00", typeof(TimeSpan))]
    [InlineData("true", typeof(bool))]
    [InlineData("-3", typeof(int))]
    [InlineData("2.5", typeof(double))]
    [InlineData("fsync", typeof(Durability))]
    [InlineData("anything", typeof(string))]
    public void FindProblem_AValue_HasNone(string text, Type type) => SettingText.FindProblem(text, type).Should().BeNull();

    [Theory]
    [InlineData("yes", typeof(bool), "true or false")]
    [InlineData("many", typeof(int), "whole number")]
    [InlineData("1.5", typeof(int), "whole number")]
    [InlineData("3000000000", typeof(int), "too large")]
    [InlineData("", typeof(int), "whole number")]
    [InlineData("much", typeof(double), "a number")]
    [InlineData("disk", typeof(Durability), "Os, Fsync")]
    [InlineData("1", typeof(Durability), "Os, Fsync")]
    public void FindProblem_NoValue_SaysWhatWouldBeOne(string text, Type type, string expected) =>
        SettingText.FindProblem(text, type).Should().Contain(expected);

    [Fact]
    public void FindProblems_AListAsOneText_IsOne()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Engine:AllowedOrigins", "https://a.example"), new("Engine:KeptHeaders:0", "cookie")]).Build();

        SettingText.FindProblems(configuration).Should().ContainSingle().Which.Value.Should().Contain("Engine:AllowedOrigins:0");
    }
}
