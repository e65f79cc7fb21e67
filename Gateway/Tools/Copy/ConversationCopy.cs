using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// Copies one conversation, or only compares it. What the target has already is compared first and never changed; what is written is read
/// again and compared. The metadata comes last: until then no list of the target shows the conversation. Used once.
/// </summary>
internal sealed class ConversationCopy(
    ConversationKey key, WholeStore source, WholeStore target, CopyOptions options, CopyProgress progress)
{
    private readonly string _name = CopyProblem.NameOf(key);

    // The last event that was told to be lost; they are come upon in the order of ids.
    private int _told = -1;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await CountForeignAsync(cancellationToken);
        if (await CopyEventsAsync(cancellationToken) && await CopyJournalsAsync(cancellationToken))
        {
            await CopyMetadataAsync(cancellationToken);
        }
    }

    private async ValueTask CountForeignAsync(CancellationToken cancellationToken)
    {
        foreach (var item in await source.Contents.ListForeignAsync(key, cancellationToken))
        {
            if (item.Problem is { } problem)
            {
                progress.Report($"{_name}, {item.Name}", problem);
            }
            else
            {
                progress.AddForeign(item.Name);
            }
        }
    }

    /// <summary>False when the conversation is not to be touched any more.</summary>
    private async ValueTask<bool> CopyEventsAsync(CancellationToken cancellationToken)
    {
        var from = await source.Logs.OpenAsync(key, cancellationToken);
        var to = await target.Logs.OpenAsync(key, cancellationToken);
        var (last, same, end) = (from.Head, -1, -1);
        var sourceIds = await SourceIds.ReadAsync(from, to, last, cancellationToken);
        progress.AddOpened(options.VerifyOnly ? 0 : Math.Max(0, last - to.Head), last + 1);
        for (var isRaced = true; isRaced;)
        {
            if (to.Head > last)
            {
                return Conflict($"the target has event {to.Head}, the source none after {last}");
            }

            // What is there is the beginning of what is to be there, or belongs to something else.
            var through = options.VerifyOnly ? last : to.Head;
            if (!await AreSameAsync(from, to, sourceIds, same + 1, through, cancellationToken))
            {
                return false;
            }

            same = through;
            if (same == last)
            {
                return true;
            }

            (end, isRaced) = await AppendAsync(from, to, sourceIds, same + 1, last, cancellationToken);
        }

        return await AreSameAsync(from, to, sourceIds, same + 1, end, cancellationToken) && end == last;
    }

    /// <summary>
    /// The last id up to which everything that can be had was moved; or that somebody else has written to the target meanwhile, whose head
    /// is known then: a run that was killed, most likely, whose last statement the database ended only now.
    /// </summary>
    private async ValueTask<(int End, bool IsRaced)> AppendAsync(
        IEventLog from, IEventLog to, SourceIds sourceIds, int first, int last, CancellationToken cancellationToken)
    {
        await using var reader = new RawEventReader(from, first, last, cancellationToken);
        while (await reader.NextPageAsync() is { } events)
        {
            // Whoever may not read an event now may do so at the next run: what follows waits for it, as ids only grow.
            var denied = events.FindIndex(static one => one.Fault is { IsDenied: true });
            foreach (var lost in events.Take(denied < 0 ? events.Count : denied).Where(static one => one.IsLost))
            {
                TellLost(lost, "it was not moved");
            }

            var readable = denied < 0 ? events : events[..denied];
            if (!await TryAppendAsync(
                to, [.. readable.Where(static one => !one.IsLost).Select(one => sourceIds.AddTo(one.Stored))], cancellationToken))
            {
                return (last, IsRaced: true);
            }

            if (denied >= 0)
            {
                TellLost(events[denied], "it and what follows were not moved");
                return (events[denied].Id - 1, IsRaced: false);
            }
        }

        return (last, IsRaced: false);
    }

    private async ValueTask<bool> TryAppendAsync(IEventLog to, List<StoredEvent> events, CancellationToken cancellationToken)
    {
        while (events.Count > 0)
        {
            // Fewer than all: the next try says why.
            var stored = await to.TryAppendAsync(events, cancellationToken);
            if (stored == 0)
            {
                return false;
            }

            progress.AddMoved(stored, events.Take(stored).Sum(static one => (long)one.Json.Length));
            events.RemoveRange(0, stored);
        }

        return true;
    }

    private async ValueTask<bool> AreSameAsync(
        IEventLog from, IEventLog to, SourceIds sourceIds, int first, int through, CancellationToken cancellationToken)
    {
        await using var expected = new RawEventReader(from, first, through, cancellationToken);
        await using var found = new RawEventReader(to, first, through, cancellationToken);
        var theirs = await found.NextAsync();
        while (await expected.NextAsync() is { } ours)
        {
            if (ours.IsLost)
            {
                // Where the target has it, it is from a time when it could be read.
                theirs = theirs?.Id == ours.Id ? await found.NextAsync() : theirs;
                TellLost(ours, "it was not moved");
            }
            else if (theirs is { } other && other.Id == ours.Id)
            {
                if (!other.Stored.Json.Span.SequenceEqual(ours.Stored.Json.Span))
                {
                    return Conflict($"event {ours.Id} is another one in the target");
                }

                progress.AddCompared(ours.Fault is not null);
                theirs = await found.NextAsync();
            }
            else
            {
                return Conflict(theirs is { } next && next.Id < ours.Id
                    ? $"the target has event {next.Id}, the source has not"
                    : $"the target has no event {ours.Id}");
            }
        }

        if (theirs is { } more)
        {
            return Conflict($"the target has event {more.Id}, the source has not");
        }

        return await sourceIds.FindDifferenceAsync(through, cancellationToken) is not { } id
            || Conflict($"event {id} has another id of V1 in the target");
    }

    private async ValueTask<bool> CopyJournalsAsync(CancellationToken cancellationToken)
    {
        var names = await source.Contents.ListJournalsAsync(key, cancellationToken);
        foreach (var extra in (await target.Contents.ListJournalsAsync(key, cancellationToken)).Except(names))
        {
            return Conflict($"the target has a journal {extra}, the source has not");
        }

        foreach (var name in names)
        {
            if (!IJournalStore.IsName(name))
            {
                return Conflict("a journal has a name that no store may give one");
            }

            var copy = new JournalCopy(source.Journals.Open(key, name), target.Journals.Open(key, name), options);
            if (!await copy.RunAsync(cancellationToken))
            {
                return Conflict($"the journal {name} is another one in the target");
            }

            progress.AddDocument();
        }

        return true;
    }

    private async ValueTask CopyMetadataAsync(CancellationToken cancellationToken)
    {
        var copy = new DocumentCopy(
            "metadata",
            (store, token) => store.Contents.ReadMetadataAsync(key, token),
            (content, version, token) => target.Contents.TryWriteMetadataAsync(key, content, version, token));
        await copy.RunAsync(_name, source, target, options, progress, cancellationToken);
    }

    private bool Conflict(string problem)
    {
        progress.Report(_name, problem);
        return false;
    }

    /// <summary>Once for each, however often it is come upon.</summary>
    private void TellLost(in RawEvent lost, string outcome)
    {
        if (lost.Id > _told)
        {
            _told = lost.Id;
            progress.Report(_name, $"{lost.Fault?.Problem}; {outcome}");
        }
    }
}
