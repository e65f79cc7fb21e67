using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Tools.Copy;
using Gateway.Tools.History.ToV1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>
/// Carries V0 conversations over to V1, one after another. Each is there whole afterwards, or not at all; one that fails keeps no other
/// from it, a server that is gone ends the run. Run again it goes on: what is there already is only compared. Used by one run.
/// </summary>
/// <param name="folder">The folder of V1's conversations; null: they were laid by somebody else.</param>
/// <param name="door">The server that has that folder; null: none is asked.</param>
/// <param name="report">What came of it.</param>
internal sealed class HistoryImporter(string? folder, V1Door? door, HistoryReport report)
{
    /// <summary>False when the run should end.</summary>
    /// <param name="key">The conversation.</param>
    /// <param name="title">V0's title of it; null where it has none of its own.</param>
    /// <param name="events">V0's log, whole.</param>
    /// <param name="journal">The bridge's journal beside that log, where it is to know of this; null: it is left as it is.</param>
    /// <param name="cancellationToken">Ends the wait for the server.</param>
    public async Task<bool> ImportAsync(
        ConversationKey key,
        string? title,
        IReadOnlyList<(int V0Id, JObject Event)> events,
        IJournal? journal,
        CancellationToken cancellationToken)
    {
        var where = CopyProblem.NameOf(key);
        if (events.Count == 0)
        {
            report.AddEmpty();
            return true;
        }

        var history = HistoryTranslator.Translate(HistoryIds.OfConversation(key.Id), events);
        var answer = await PlaceAsync(history, cancellationToken);
        if (answer.Problem is { } problem)
        {
            report.AddProblem(where, problem);
            report.Failure = answer.IsGone ? $"{where}: {problem}" : null;
            return !answer.IsGone;
        }

        if (journal is not null)
        {
            await BridgeJournal.WriteAsync(journal, history, events, cancellationToken);
        }

        if (title is not null && await FindTitleLossAsync(history.ConversationId, title, cancellationToken) is { } loss)
        {
            report.Add(where, $"a title: {loss}", isContent: false, 1, []);
        }

        report.AddDone(events.Count, history.Events.Count);
        report.Add(where, history.Losses);
        return true;
    }

    /// <summary>
    /// Gives it the title. What becomes of that otherwise, in words: a title is in no event, and what V1 keeps it in is V1's own.
    /// </summary>
    private async Task<string?> FindTitleLossAsync(Guid conversation, string title, CancellationToken cancellationToken) =>
        door is null ? "nothing yet: the run that asks the server gives it"
        : await door.NameAsync(conversation, title, cancellationToken) ? null
        : "nothing: the server has not taken it";

    private async Task<DoorAnswer> PlaceAsync(V1History history, CancellationToken cancellationToken)
    {
        if (door is not null)
        {
            var (isKnown, found) = await door.FindAsync(history.ConversationId, cancellationToken);
            if (isKnown)
            {
                found = await door.CompareAsync(history, cancellationToken);
                return found is { Problem: not null, IsGone: false }
                    ? new DoorAnswer("the server has another conversation of this id, which stays as it is")
                    : found;
            }

            if (found.Problem is not null)
            {
                return found;
            }
        }

        var placed = folder is null ? PlacedFolder.WasThere : V1Folder.Write(folder, history);
        return placed == PlacedFolder.Taken ? new DoorAnswer("something else stands in its place in the folder, which stays as it is")
            : door is null ? DoorAnswer.Done
            : await MakeAsync(door, history, placed, cancellationToken);
    }

    private async Task<DoorAnswer> MakeAsync(V1Door server, V1History history, PlacedFolder placed, CancellationToken cancellationToken)
    {
        var id = history.ConversationId;
        var (isUnknown, made) = await server.MakeAsync(id, cancellationToken);
        if (made.Problem is not null)
        {
            if (isUnknown)
            {
                // The folder is whole, and the server may have it by now.
                return made with { Problem = $"{made.Problem}: it may have made it all the same; run it again to see" };
            }

            Withdraw(id, placed);
            return made;
        }

        var compared = await server.CompareAsync(history, cancellationToken);
        if (compared is { Problem: { } problem, IsGone: false })
        {
            // It was made a moment ago, by this run and with nothing in it that anybody could miss.
            await server.DeleteAsync(id, cancellationToken);
            Withdraw(id, placed);
            return new DoorAnswer(problem, IsGone: true);
        }

        return compared;
    }

    private void Withdraw(Guid id, PlacedFolder placed)
    {
        if (folder is not null && placed == PlacedFolder.Written)
        {
            V1Folder.Remove(folder, id);
        }
    }
}
