using System.Globalization;

using Gateway.Agents.V1.Calls;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// One conversation's calls on behalf of its users: to the server where its connection found it. The connection is told when the
/// server does not know the conversation any more. Thread-safe; owned by the backend.
/// </summary>
internal sealed class ConversationApi(ActionMapper mapper, UpstreamConnection connection, V1RestClient rest, TimeProvider timeProvider)
{
    // Newest first; a message that is looked for is among the last few events, or the agent has been busy since.
    private const int SearchPageSize = 50;
    private const int MaxSearchPages = 10;

    // Uptime is rounded, and its clock is another one.
    private static readonly TimeSpan s_uptimeTolerance = TimeSpan.FromSeconds(1);

    public ActionMapper Calls => mapper;

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>As <see cref="UpstreamConnection.IsCurrent"/>.</summary>
    public bool IsCurrent => connection.IsCurrent;

    /// <summary>As <see cref="UpstreamConnection.IsWithoutLog"/>.</summary>
    public bool IsWithoutLog => connection.IsWithoutLog;

    /// <summary>As <see cref="ConversationMaker.Made"/>.</summary>
    public Task Made => connection.Made;

    /// <summary>The limit of a usual call.</summary>
    public TimeSpan Timeout => rest.Timeout;

    /// <summary>As <see cref="V1Options.ActionTimeout"/>.</summary>
    public TimeSpan ActionTimeout => rest.ActionTimeout;

    /// <summary>Something is under way whose effects the log will show: they are to come as they are written.</summary>
    public IDisposable Hold() => connection.Hold();

    /// <summary>A call that has effects; its limit is <see cref="ActionTimeout"/>.</summary>
    public async Task<RestResult> PostAsync(UpstreamCall call, CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return RestResult.Unreachable;
        }

        using var hold = Hold();
        var result = await rest.CallAsync(endpoint, call, ActionTimeout, cancellationToken);
        if (result is { Status: 404, Body: not null })
        {
            // Either the route or the conversation is not there: the second question tells.
            await FindAsync(cancellationToken);
        }

        return result;
    }

    /// <summary>
    /// Runs a shell command in the conversation's workspace. Servers without a terminal for each conversation have one of their own:
    /// there the workspace is named.
    /// </summary>
    public async Task<RestResult> ExecuteAsync(JObject request, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return RestResult.Unreachable;
        }

        var result = await rest.SendAsync(
            HttpMethod.Post, endpoint, $"{mapper.Conversation}/bash/execute_bash_command", request, limit, cancellationToken);
        if (result is not { Status: 404 or 405, Body: not null })
        {
            return result;
        }

        var found = await FindAsync(cancellationToken);
        if (!found.IsSuccess || found.Object is not { } info)
        {
            return found;
        }

        if (info.Object("workspace")?.TextOrNull("working_dir") is { Length: > 0 } directory)
        {
            request = (JObject)request.DeepClone();
            request["cwd"] = directory;
        }

        return await rest.SendAsync(HttpMethod.Post, endpoint, "api/bash/execute_bash_command", request, limit, cancellationToken);
    }

    /// <summary>What the server says of the conversation now.</summary>
    public Task<RestResult> FindAsync(CancellationToken cancellationToken) => FindAsync(Timeout, cancellationToken);

    /// <summary>The same with a limit of its own.</summary>
    public async Task<RestResult> FindAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return RestResult.Unreachable;
        }

        var result = await rest.SendAsync(HttpMethod.Get, endpoint, mapper.Conversation, null, limit, cancellationToken);
        if (result is { Status: 404, Body: not null })
        {
            connection.Reconcile();
        }

        return result;
    }

    /// <summary>
    /// True when the server's process began after <paramref name="since"/>: what was under way then is not done any more. False when it
    /// did not, null when that cannot be told now.
    /// </summary>
    /// <param name="since">A timestamp of the clock.</param>
    public async Task<bool?> HasRestartedAsync(long since, CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return null;
        }

        // Before the question, and not after the answer, which may take long: a server that is older must never look younger.
        var elapsed = timeProvider.GetElapsedTime(since);
        var about = await rest.GetAsync(endpoint, "server_info", cancellationToken);
        return about.IsSuccess && about.Object?["uptime"].AsNumber() is { } uptime
            ? TimeSpan.FromSeconds(uptime) + s_uptimeTolerance < elapsed
            : null;
    }

    /// <summary>
    /// Whether the log has the message, looked for from its end to where it was known before; null when it cannot be read.
    /// </summary>
    public async Task<bool?> HasAsync(WatchedMessage sent, CancellationToken cancellationToken)
    {
        string? pageId = null;
        for (var pages = 0; pages < MaxSearchPages; pages++)
        {
            if (await ReadNewestAsync(pageId, cancellationToken) is not { } page)
            {
                return null;
            }

            foreach (var v1Event in page.Objects("items"))
            {
                if (sent.BeginsAfter(v1Event))
                {
                    return false;
                }

                if (sent.IsIn(v1Event))
                {
                    return true;
                }
            }

            pageId = page.TextOrNull("next_page_id");
            if (pageId is null)
            {
                return false;
            }
        }

        // So much has happened since that nothing can be said.
        return null;
    }

    private async Task<JObject?> ReadNewestAsync(string? pageId, CancellationToken cancellationToken)
    {
        if (connection.Endpoint is not { } endpoint)
        {
            return null;
        }

        var size = SearchPageSize.ToString(CultureInfo.InvariantCulture);
        var from = pageId is null ? "" : $"&page_id={Uri.EscapeDataString(pageId)}";
        var answer = await rest.GetAsync(
            endpoint, $"{mapper.Conversation}/events/search?limit={size}&sort_order=TIMESTAMP_DESC{from}", cancellationToken);
        return answer.IsSuccess ? answer.Object : null;
    }
}
