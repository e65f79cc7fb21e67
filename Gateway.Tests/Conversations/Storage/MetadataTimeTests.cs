using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>Times as V0's metadata has them, and as V0's answers show them.</summary>
public sealed class MetadataTimeTests
{
    [Theory]
    [InlineData("2026-11-24T16:36:31.521512Z", "2026-11-24T16:36:31.521512Z")]
    [InlineData("2026-11-24T16:36:31.521512", "2026-11-24T16:36:31.521512Z")]
    [InlineData("2026-11-24T16:36:31Z", "2026-11-24T16:36:31Z")]
    [InlineData("2026-11-24T16:36:31.5+00:00", "2026-11-24T16:36:31.500000Z")]
    [InlineData("2026-11-24 16:36:31.123456789+0530", "2026-11-24T16:36:31.123456+05:30")]
    [InlineData("2026-11-24T16:36-01:00", "2026-11-24T16:36:00-01:00")]
    [InlineData("2026-11-24", "2026-11-24T00:00:00Z")]
    [InlineData("1764000000", "2025-11-24T16:00:00Z")]
    public void TryParse_Text_IsShownAsV0ShowsIt(string text, string expected)
    {
        MetadataTime.TryParse(new JValue(text), out var time).Should().BeTrue();

        MetadataTime.Format(time).Should().Be(expected);
    }

    [Theory]
    [InlineData("yesterday", "input is too short")]
    [InlineData("", "input is too short")]
    [InlineData("tomorrow at ten", "invalid character in year")]
    [InlineData("2026/11/24", "invalid date separator, expected `-`")]
    [InlineData("2026-13-24", "month value is outside expected range of 1-12")]
    [InlineData("2026-11-31", "day value is outside expected range")]
    [InlineData("2026-11-24T25:00:00Z", "unexpected extra characters at the end of the input")]
    [InlineData("2026-11-24T16:36:31+99:00", "unexpected extra characters at the end of the input")]
    public void TryParse_WhatIsNoTime_IsRefusedWithV0sWords(string text, string fault)
    {
        MetadataTime.TryParse(new JValue(text), out _).Should().BeFalse();

        MetadataTime.FaultOf(text).Should().Be(fault);
    }

    [Theory]
    [InlineData("1764000000", "2025-11-24T16:00:00Z")]
    [InlineData("1764000000.25", "2025-11-24T16:00:00.250000Z")]
    [InlineData("1764000000000", "2025-11-24T16:00:00Z")]
    [InlineData("0", "1970-01-01T00:00:00Z")]
    public void TryParse_Number_IsSecondsOrMilliseconds(string json, string expected)
    {
        Gateway.Primitives.Json.JsonTree.TryRead(json, out var number);

        MetadataTime.TryParse(number, out var time).Should().BeTrue();

        MetadataTime.Format(time).Should().Be(expected);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("1e300")]
    public void TryParse_AnythingElse_IsNone(string json)
    {
        Gateway.Primitives.Json.JsonTree.TryRead(json, out var token);

        MetadataTime.TryParse(token, out _).Should().BeFalse();
    }
}
