using System.Text;

using Gateway.Conversations.Runtime;
using Gateway.SocketIO;

namespace Gateway.Tests.Conversations.Runtime;

public sealed class TransientMessageQueueTests
{
    [Fact]
    public void TryTakeDue_EventBeforeItNotSentYet_Waits()
    {
        var queue = new TransientMessageQueue(limit: 8);
        queue.NextAfterId.Should().Be(int.MaxValue);

        queue.Add(Make("a", afterId: 4)).Should().BeTrue();

        queue.NextAfterId.Should().Be(4);
        queue.TryTakeDue(nextId: 4, out _).Should().BeFalse();
        queue.TryTakeDue(nextId: 5, out var transientMessage).Should().BeTrue();
        Text(transientMessage).Should().Be("a");
        queue.NextAfterId.Should().Be(int.MaxValue);
        queue.TryTakeDue(nextId: 5, out _).Should().BeFalse();
    }

    [Fact]
    public void TryTakeDue_Several_KeepTheirOrder()
    {
        var queue = new TransientMessageQueue(limit: 8);
        queue.Add(Make("a", afterId: -1));
        queue.Add(Make("b", afterId: 2));
        queue.Add(Make("c", afterId: 2));

        TakeAll(queue, nextId: 0).Should().Equal("a");
        TakeAll(queue, nextId: 3).Should().Equal("b", "c");
    }

    [Fact]
    public void Add_BeyondTheLimit_DropsTheOldest()
    {
        var queue = new TransientMessageQueue(limit: 2);
        queue.Add(Make("a", afterId: 0)).Should().BeTrue();
        queue.Add(Make("b", afterId: 1)).Should().BeTrue();

        queue.Add(Make("c", afterId: 2)).Should().BeFalse();

        TakeAll(queue, nextId: 9).Should().Equal("b", "c");
    }

    private static List<string> TakeAll(TransientMessageQueue queue, int nextId)
    {
        var taken = new List<string>();
        while (queue.TryTakeDue(nextId, out var transientMessage))
        {
            taken.Add(Text(transientMessage));
        }

        return taken;
    }

    private static TransientMessage Make(string text, int afterId) => new(new PreparedEvent(Encoding.ASCII.GetBytes(text)), afterId);

    private static string Text(TransientMessage transientMessage) => Encoding.ASCII.GetString(transientMessage.Prepared.Packet.Span);
}
