using System.Net;

namespace Gateway.Conversations.Runtime;

/// <summary>A browser's page, as far as a server can tell it from others.</summary>
internal readonly record struct PageIdentity(IPAddress Address, string Browser);

/// <summary>One client's hold on its session. Belongs to the lock of its <see cref="PageHolds"/>.</summary>
internal sealed class PageHold(PageIdentity? page, long since)
{
    public PageIdentity? Page { get; } = page;

    public long Since { get; } = since;

    public bool HasSent { get; set; }

    /// <summary>It keeps the session open.</summary>
    public bool Holds { get; set; } = true;
}

/// <summary>
/// Which clients keep a session open. All do, but for one thing that V0's web UI does: a page may open two sockets at once, use the second,
/// and leave the first open until it is unloaded, also when its user has gone on to another conversation. So a socket that has never sent
/// anything gives up its hold when a socket that the same page opened at about the same time has, and takes it again when it sends after
/// all. Owned by the session; any thread.
/// </summary>
internal sealed class PageHolds(ConversationSession session, TimeProvider timeProvider)
{
    // A page opens both within a second, and both come back within a few when the server was away.
    private static readonly TimeSpan s_openedTogether = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<PageHold> _holds = [];

    /// <summary>Takes over what the caller has acquired of the session.</summary>
    /// <param name="page">Null for a client that is no browser.</param>
    public PageHold Add(PageIdentity? page)
    {
        var hold = new PageHold(page, timeProvider.GetTimestamp());
        lock (_lock)
        {
            if (_holds.Exists(twin => twin.HasSent && AreTwins(hold, twin)))
            {
                GiveUp(hold);
            }

            _holds.Add(hold);
        }

        return hold;
    }

    /// <summary>The client has sent an action.</summary>
    public void Sent(PageHold hold)
    {
        // Read without the lock: it is set once, and set again is no harm.
        if (hold.HasSent)
        {
            return;
        }

        lock (_lock)
        {
            hold.HasSent = true;
            hold.Holds = hold.Holds || session.TryAcquire();
            foreach (var twin in _holds)
            {
                if (twin is { HasSent: false, Holds: true } && AreTwins(hold, twin))
                {
                    GiveUp(twin);
                }
            }
        }
    }

    /// <summary>The client has gone.</summary>
    public void Remove(PageHold hold)
    {
        lock (_lock)
        {
            _holds.Remove(hold);
            if (hold.Holds)
            {
                GiveUp(hold);
            }
        }
    }

    private void GiveUp(PageHold hold)
    {
        hold.Holds = false;
        session.Release();
    }

    private bool AreTwins(PageHold one, PageHold other) =>
        one.Page is { } page
        && one != other
        && page == other.Page
        && timeProvider.GetElapsedTime(Math.Min(one.Since, other.Since), Math.Max(one.Since, other.Since)) <= s_openedTogether;
}
