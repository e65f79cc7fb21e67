using System.Text;

namespace Gateway.Tests.Benchmarks.Micro;

/// <summary>What the benchmarks work on: an event of the usual size, as V0 stores it, and what a client sends.</summary>
internal static class Samples
{
    public static byte[] Event { get; } = Encoding.UTF8.GetBytes(
        $$$"""
        {"id": 1234, "timestamp": "2026-01-01T00:00:00.000001", "source": "agent", "message": "Running a command", "action": "run",
         "args": {"command": "ls -la", "is_input": false, "thought": "", "blocking": false, "hidden": false,
         "confirmation_state": "confirmed", "content": "{{{Words(1_500)}}}"}, "timeout": 120.0}
        """);

    public static byte[] Packet { get; } = Encoding.UTF8.GetBytes(
        $$$"""2["oh_user_action",{"action":"message","args":{"content":"{{{Words(200)}}}","image_urls":[]}}]""");

    public static string Query { get; } =
        "?latest_event_id=1234&conversation_id=0123456789abcdef0123456789abcdef&providers_set=github,gitlab"
        + "&session_api_key=0123456789abcdef&EIO=4&transport=websocket";

    private static string Words(int length)
    {
        var random = new Random(1);
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append((char)('a' + random.Next(26))).Append(random.Next(6) == 0 ? " " : "");
        }

        return text.ToString(0, length);
    }
}
