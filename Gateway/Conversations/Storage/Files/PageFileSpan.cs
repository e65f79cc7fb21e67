using System.Globalization;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Collects what one read finds for the ids of one page file after another, and gives it to the page that is built. Used by one
/// <see cref="EventPageReader.Read"/> call; not thread-safe.
/// </summary>
internal sealed class PageFileSpan(EventPageBuilder builder)
{
    private readonly ScannedEvent[] _found = new ScannedEvent[ConversationPaths.PageSize];
    private readonly bool[] _isSound = new bool[ConversationPaths.PageSize];
    private string? _pageProblem;

    /// <summary>The first id that is looked for now.</summary>
    public int First { get; private set; }

    /// <summary>The last id that is looked for now; of the same page file as <see cref="First"/>.</summary>
    public int Last { get; private set; }

    public int PageStart => ConversationPaths.PageStart(First);

    /// <summary>Looks for these ids from now on.</summary>
    public void Begin(int first, int last)
    {
        (First, Last) = (first, last);
        _pageProblem = null;
        Array.Clear(_isSound);
    }

    public bool Has(int id) => _isSound[id - First];

    /// <summary>The page file is there, but does not hold all that it should: an event that is nowhere else is lost, not a gap.</summary>
    public void PageIs(string problem) => _pageProblem = problem;

    /// <summary>Takes what the page file has in the place of event <paramref name="id"/>: the event, or a damage to report.</summary>
    public void AddFromPage(int id, in ScannedEvent scanned) => Add(id, scanned, isFromPage: true);

    /// <summary>Takes what the event's own file has: the event, or a damage to report.</summary>
    public void Add(int id, in ScannedEvent scanned) => Add(id, scanned, isFromPage: false);

    /// <summary>The event has no file of its own, and the page file did not give it: a gap, unless the page file is to blame.</summary>
    public void AddMissing(int id)
    {
        if (_pageProblem is not null)
        {
            builder.Report(new CorruptEvent(id, $"{EventName(id)} is missing and {PageName} {_pageProblem}"));
        }
    }

    /// <summary>The event has a file of its own, which cannot be read.</summary>
    public void AddDenied(int id) =>
        builder.Report(new CorruptEvent(id, $"{EventName(id)} cannot be read: access denied", IsDenied: true));

    /// <summary>Keeps what was found through <paramref name="last"/>; the rest is forgotten.</summary>
    public void End(int last)
    {
        for (var id = First; id <= last; id++)
        {
            if (Has(id))
            {
                builder.Add(_found[id - First]);
                builder.Withdraw(id);
            }
        }

        for (var id = last + 1; id <= Last; id++)
        {
            builder.Withdraw(id);
        }
    }

    private string PageName =>
        string.Create(CultureInfo.InvariantCulture, $"event_cache/{PageStart}-{PageStart + ConversationPaths.PageSize}.json");

    private static string EventName(int id) => string.Create(CultureInfo.InvariantCulture, $"events/{id}.json");

    private void Add(int id, in ScannedEvent scanned, bool isFromPage)
    {
        if (EventPageBuilder.IsSound(id, scanned))
        {
            _found[id - First] = scanned;
            _isSound[id - First] = true;
        }
        else
        {
            builder.Report(
                new CorruptEvent(id, $"{(isFromPage ? PageName : EventName(id))} {EventPageBuilder.ProblemOf(scanned)}"), scanned);
        }
    }
}
