using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>
/// Recordings that might as well have been made: the committed ones cut off, without a store, with other ids, other timing, other users.
/// Each is as green as the one it was made of, so no rule fits that one alone.
/// </summary>
public sealed class OtherRecordingsTests
{
    [Theory]
    [InlineData("v0/replay-full", 0.3)]
    [InlineData("v0/replay-many-pages", 0.5)]
    [InlineData("v0/message-live", 0.4)]
    [InlineData("v0/message-live", 0.8)]
    [InlineData("v0/two-clients", 0.5)]
    [InlineData("v0/confirmation", 0.6)]
    [InlineData("v0/stop-resume", 0.5)]
    [InlineData("v0/reconnect-mid-run", 0.7)]
    [InlineData("v0-0.40/message-live", 0.6)]
    public async Task Verify_CutOffInTheMiddle_IsEqual(string name, double part)
    {
        using var fixture = EditedFixture.CopyOf(name);
        var times = fixture.Entries.SelectMany(static entry => entry["_webSocketMessages"]?.Values<double>("time") ?? []).Order().ToList();
        var place = (int)(times.Count * part);
        fixture.CutAt((times[place] + times[place - 1]) / 2);
        fixture.Save();

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/new-conversation")]
    [InlineData("v0/reconnect-mid-run")]
    [InlineData("v0/server-restart")]
    [InlineData("v0/two-clients")]
    [InlineData("v0-0.40/new-conversation")]
    public async Task Verify_WithoutTheStoreAfterwards_IsEqual(string name)
    {
        using var fixture = EditedFixture.CopyOf(name);
        fixture.Delete("store-after");

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/new-conversation")]
    public async Task Verify_IdsOfAnotherForm_IsEqual(string name)
    {
        using var fixture = EditedFixture.CopyOf(name);
        using var store = new Recording(name).CopyStoreAfter();
        fixture.Rename(store.Conversations().Single(), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        fixture.Save();

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/replay-full")]
    public async Task Verify_ConversationsOfAUser_IsEqual(string name)
    {
        using var fixture = EditedFixture.CopyOf(name);
        foreach (var store in new[] { "store", "store-after" })
        {
            Directory.CreateDirectory(Path.Combine(fixture.Folder, store, "users", "u-1"));
            Directory.Move(Path.Combine(fixture.Folder, store, "sessions"),
                Path.Combine(fixture.Folder, store, "users", "u-1", "conversations"));
        }

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/stop-resume")]
    public async Task Verify_LiveNeighboursSwapped_IsEqualByRule(string name)
    {
        using var fixture = EditedFixture.CopyOf(name);
        var messages = fixture.Messages();
        for (var i = fixture.PlaceOf(8); i + 1 < messages.Count; i += 3)
        {
            if (IsEvent(messages[i]) && IsEvent(messages[i + 1]))
            {
                (messages[i]["data"], messages[i + 1]["data"]) = (fixture.Data(i + 1), fixture.Data(i));
            }
        }

        fixture.Save();

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
        result.Intended.Should().ContainKey("id-order");
    }

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/stop-resume")]
    [InlineData("v0/two-clients")]
    public async Task Verify_ClientsThatActEarlier_IsEqual(string name)
    {
        using var fixture = EditedFixture.CopyOf(name);
        foreach (var socket in fixture.Entries.OfType<JObject>())
        {
            var messages = (JArray)(socket["_webSocketMessages"] ?? new JArray());
            var joined = messages
                .FirstOrDefault(static message => message.Value<string>("data")?.StartsWith("40{", StringComparison.Ordinal) == true)
                ?.Value<double>("time") ?? double.MaxValue;
            foreach (var (message, before) in messages
                .Zip(messages.Prepend(messages[0]))
                .Where(static pair => pair.First.Value<string>("type") == "send"))
            {
                message["time"] = Math.Max(Math.Min(joined, message.Value<double>("time")), before.Value<double>("time") - 0.0001);
            }
        }

        fixture.Save();

        var result = await Verification.InProcessAsync(fixture.Folder);

        result.ShouldBeEqual();
    }

    private static bool IsEvent(JToken message) =>
        message.Value<string>("type") == "receive"
            && message.Value<string>("data")?.StartsWith("42[\"oh_event\",{\"id\":", StringComparison.Ordinal) == true;
}
