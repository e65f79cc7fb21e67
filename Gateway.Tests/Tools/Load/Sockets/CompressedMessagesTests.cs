using System.Text;

using Gateway.EngineIO.Protocol;
using Gateway.Tools.Load.Sockets;

namespace Gateway.Tests.Tools.Load.Sockets;

/// <summary>Compressed messages of a server, put together from frames that come in pieces.</summary>
public sealed class CompressedMessagesTests
{
    private static readonly string[] s_texts = ["the first of three events", "the second of three events", "the third of three events"];

    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(3, int.MaxValue)]
    [InlineData(3, 1)]
    public void TryDecode_MessagesInTheContextOfThoseBefore_AreRead(int frames, int bytesAtOnce)
    {
        using var encoder = new DeflateEncoder();
        using var messages = new CompressedMessages(keepsContext: true);
        using var plain = new MemoryStream();
        var read = new List<string>();

        foreach (var text in s_texts)
        {
            var payload = encoder.Encode(new EnginePacket(EnginePacketType.Message, Encoding.UTF8.GetBytes(text))).ToArray();
            var each = (payload.Length / frames) + 1;
            for (var start = 0; start < frames * each; start += each)
            {
                var part = payload[Math.Min(start, payload.Length)..Math.Min(start + each, payload.Length)];
                var (isFirst, isLast) = (start == 0, start + each == frames * each);
                var opcode = isFirst ? WebSocketOpcode.Text : WebSocketOpcode.Continuation;
                var frame = new ServerFrame(opcode, isLast, isFirst, part.Length, 2);
                messages.Has(frame).Should().BeTrue();
                messages.TryBegin(frame).Should().BeTrue();
                Take(part);
            }
        }

        read.Should().Equal(s_texts.Select(static text => $"4{text}"));

        void Take(byte[] part)
        {
            var isWhole = false;
            for (var at = 0; messages.IsReading && !isWhole; at += bytesAtOnce)
            {
                var bytes = part.AsSpan(at, Math.Min(bytesAtOnce, part.Length - at));
                isWhole = messages.TryTake(ref bytes);
                bytes.IsEmpty.Should().BeTrue();
            }

            if (isWhole)
            {
                messages.TryDecode(plain).Should().BeTrue();
                read.Add(Encoding.UTF8.GetString(plain.ToArray()));
            }
        }
    }

    [Fact]
    public void TryDecode_WhatIsNoDeflate_IsSaid()
    {
        using var messages = new CompressedMessages(keepsContext: false);
        using var plain = new MemoryStream();
        byte[] payload = [0xFF, 0xFF, 0xFF];
        var bytes = payload.AsSpan();

        messages.TryBegin(new ServerFrame(WebSocketOpcode.Text, true, true, payload.Length, 2)).Should().BeTrue();
        messages.TryTake(ref bytes).Should().BeTrue();

        messages.TryDecode(plain).Should().BeFalse();
    }

    [Fact]
    public void TryBegin_AMessageLargerThanAny_IsRefused()
    {
        using var messages = new CompressedMessages(keepsContext: false);

        messages.TryBegin(new ServerFrame(WebSocketOpcode.Text, true, true, long.MaxValue, 10)).Should().BeFalse();
    }

    [Theory]
    [InlineData("sec-websocket-extensions: permessage-deflate; server_no_context_takeover", false)]
    [InlineData("Sec-WebSocket-Extensions: permessage-deflate", true)]
    [InlineData("Upgrade: websocket", null)]
    public void Compression_OfAnAnswer_IsWhatTheServerHasAgreedTo(string header, bool? takesOver)
    {
        var agreed = UpgradeAnswer.Compression(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\n{header}\r\n\r\n"));

        (agreed?.ServerTakesOver).Should().Be(takesOver);
    }
}
