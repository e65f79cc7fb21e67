using System.Text.RegularExpressions;

using Gateway.Tools.Har;

namespace Gateway.Tools.Verify.Rest;

/// <summary>A recorded REST call, with what its comparison asks for. Immutable.</summary>
/// <param name="Number">Its place among the recording's calls, counted from 1: how a report names it.</param>
internal sealed partial record RestCall(int Number, HarEntry Entry)
{
    // V0's own paths beside the web UI's.
    private static readonly string[] s_own = ["/health", "/alive", "/server_info", "/openapi.json", "/docs", "/redoc"];

    public string Method => Entry.Method;

    /// <summary>Without the query, as it was sent.</summary>
    public string Path { get; } = Entry.RawTarget.Split('?')[0];

    public bool IsRead => Method is "GET" or "HEAD" or "OPTIONS";

    /// <summary>Of the web UI's files: a page, or what belongs to one. Where a target serves no web UI, it cannot be asked for.</summary>
    public bool IsOfWebUi => IsPageAsked && Entry.Status != 404;

    /// <summary>A read of a path that is none of V0's own, so that the web UI has to answer.</summary>
    public bool IsPageAsked => Method is "GET" or "HEAD" && !IsApi && !s_own.Contains(Path);

    /// <summary>A file whose name a build has made, so that another build has it under another.</summary>
    public bool IsNamedByBuild =>
        Path.StartsWith("/assets/", StringComparison.Ordinal) && Path.Split('/')[^1] is var name && NameOfBuild().IsMatch(name);

    /// <summary>The web UI's page was the recorded answer to a path that no route and no file has.</summary>
    public bool IsAnsweredWithPage =>
        Entry is { Status: 200, IsBodyLeftOut: true } && ContentType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase);

    public bool IsApi => Path == "/api" || Path.StartsWith("/api/", StringComparison.Ordinal);

    private string ContentType => Entry.ResponseHeader("content-type") ?? "";

    /// <summary>The path's parts below <c>/api/conversations/{id}</c>, joined; null when it is not there.</summary>
    public string? BelowConversation => Path.Split('/') is ["", "api", "conversations", { Length: > 0 }, .. var below]
        ? string.Join('/', below)
        : null;

    /// <summary>The conversation that the path names; null when it names none.</summary>
    public string? ConversationId =>
        Path.Split('/') is ["", "api", "conversations", { Length: > 0 } id, ..] ? Uri.UnescapeDataString(id) : null;

    /// <summary>Method and path, ids left out: how a report counts it.</summary>
    public string Name
    {
        get
        {
            var parts = Path.Split('/').Select(static part => part.Length >= 16 && part.All(char.IsAsciiLetterOrDigit) ? "{id}" : part);
            return $"{Method} {string.Join('/', parts)}";
        }
    }

    public bool Is(string method, string path) => Method == method && Path == path;

    public bool IsBelowConversation(string method, string below) => Method == method && BelowConversation == below;

    public override string ToString() => $"{Method} {Entry.RawTarget}";

    [GeneratedRegex(@"-[\w-]{8}\.\w+$", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfBuild();
}

/// <summary>What a target answered. Status 0: it did not. Ids that were born in the session are the recorded ones. Immutable.</summary>
internal sealed record RestOutcome(RestCall Call, int Status, IReadOnlyList<HarHeader> Headers, string Body)
{
    /// <summary>The target serves no web UI, so nothing stands behind its routes.</summary>
    public bool IsWithoutWebUi { get; init; }

    /// <summary>The file is one of a build, and the page of the target's web UI does not name it.</summary>
    public bool IsOfAnotherBuild { get; init; }

    /// <summary>The client had the answer from before the recording: the target was asked for what it cannot know.</summary>
    public bool IsKeptFromBefore { get; init; }

    /// <summary>Since the playing began.</summary>
    public TimeSpan SentAt { get; init; }

    /// <summary>Until all of the answer was there.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>V0's limit of calls would have let it pass, or not, just so.</summary>
    public bool IsByLimit { get; init; }

    public string? Header(string name)
    {
        var values = Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return values.Count == 0 ? null : string.Join(", ", values.Select(static header => header.Value));
    }
}
