using System.Text.RegularExpressions;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>
/// Sends what a recorded client sent, byte for byte, and tells for each request and frame what came of it: <c>answered</c>,
/// <c>closed: …</c> with the reason, an HTTP status, or nothing at all (an empty text). Knows the sessions that it opened by
/// their recorded sids. One test uses it.
/// </summary>
internal sealed partial class FramePlayer(int port)
{
    /// <summary>
    /// An action that is refused whatever came before it, with an acknowledgement: it shows that the connection is served.
    /// </summary>
    private const string Probe = "4299[\"oh_user_action\",{}]";
    private const string ProbeAnswer = "4399[";
    private const string Silence = "";

    private readonly Dictionary<string, string> _sids = [];

    public Task<IReadOnlyList<string>> PlayAsync(RecordedEntry entry) =>
        entry.IsWebSocket ? PlaySocketAsync(entry) : PlayRequestAsync(entry);

    private async Task<IReadOnlyList<string>> PlayRequestAsync(RecordedEntry entry)
    {
        var target = SidParameter().Replace(
            entry.Address.PathAndQuery, match => _sids.TryGetValue(match.Value, out var own) ? own : match.Value);
        var body = entry.Method is "GET" or "OPTIONS" ? null : entry.RequestBody;
        var response = await RawEngineClient.SendAsync(port, entry.Method, target, body, "Content-Type: text/plain;charset=UTF-8");
        if (OpenedSid().Match(entry.ResponseBody) is { Success: true } recorded
            && OpenedSid().Match(response.Text) is { Success: true } own)
        {
            _sids[recorded.Value] = own.Value;
        }

        response.Status.Should().BeInRange(200, 499, "{0} {1} answers {2}", entry.Method, target, response.Text);
        return [$"{response.Status}"];
    }

    private async Task<IReadOnlyList<string>> PlaySocketAsync(RecordedEntry entry)
    {
        using var client = await RawEngineClient.ConnectAsync(port);
        (await client.UpgradeAsync(entry.Address.PathAndQuery)).Status.Should().Be(101);
        (await client.ReadTextAsync()).Should().StartWith("0{");

        var outcomes = new List<string>();
        var isJoined = false;
        var frames = entry.Frames.Where(static frame => frame.IsFromClient).ToList();
        for (var i = 0; i < frames.Count; i++)
        {
            await SendAsync(client, frames[i]);
            var data = frames[i].Data;
            var isLast = i == frames.Count - 1;
            isJoined &= data is not ("41" or "1");
            if (Question(data, isJoined, isAwaitingBinary: !isLast && frames[i + 1].IsBinary) is { } isAnswer)
            {
                var outcome = await ReadOutcomeAsync(client, isAnswer, probes: isJoined);
                outcomes.Add(outcome);
                isJoined |= outcome.StartsWith("40{", StringComparison.Ordinal);
                if (outcome.StartsWith("closed", StringComparison.Ordinal))
                {
                    return outcomes;
                }
            }
        }

        // Who is in no namespace is not kept for ever.
        return isJoined ? outcomes : [.. outcomes, await ReadOutcomeAsync(client, static _ => false, probes: false)];
    }

    /// <summary>How an answer to a frame begins; null where none is owed before the next frame.</summary>
    private static Func<string, bool>? Question(string data, bool isJoined, bool isAwaitingBinary)
    {
        if (data.StartsWith("40/", StringComparison.Ordinal))
        {
            return static text => text.StartsWith("44/", StringComparison.Ordinal);
        }

        if (data.StartsWith("40", StringComparison.Ordinal))
        {
            return static text => text.StartsWith("40", StringComparison.Ordinal) || text.StartsWith("44{", StringComparison.Ordinal);
        }

        return isJoined && !isAwaitingBinary ? static text => text.StartsWith(ProbeAnswer, StringComparison.Ordinal) : null;
    }

    private static async Task<string> ReadOutcomeAsync(RawEngineClient client, Func<string, bool> isAnswer, bool probes)
    {
        try
        {
            if (probes)
            {
                await client.SendTextAsync(Probe);
            }

            while (true)
            {
                var frame = await client.ReadFrameAsync();
                if (frame.Opcode == RawEngineClient.Close)
                {
                    return $"closed: {frame.CloseCode} {frame.CloseText}";
                }

                if (frame.Text == "2")
                {
                    await client.SendTextAsync("3");
                }
                else if (isAnswer(frame.Text))
                {
                    return frame.Text;
                }
            }
        }
        catch (TimeoutException)
        {
            return Silence;
        }
    }

    private static Task SendAsync(RawEngineClient client, RecordedFrame frame) => frame.IsBinary
        ? client.SendFrameAsync(RawEngineClient.Binary, Convert.FromBase64String(frame.Data))
        : client.SendTextAsync(frame.Data);

    [GeneratedRegex("(?<=[?&]sid=)[^&]+")]
    private static partial Regex SidParameter();

    [GeneratedRegex("""(?<=^0\{"sid":")[^"]+""")]
    private static partial Regex OpenedSid();
}
