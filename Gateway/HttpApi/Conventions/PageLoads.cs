using System.Collections.Concurrent;
using System.Net;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// The pages of V0's web UI that are loading a conversation. Such a page asks for the conversation a moment before it asks for the
/// settings. When it gets the conversation first, it opens its socket twice, and often leaves the first one open: all is replayed twice.
/// So the conversation's answer waits until the settings are answered. The page is ready no later for it, because it is the second socket
/// that it shows. A page that loads asks how it is to behave and names its own address as the referrer; nothing else ever waits. Any
/// thread. Source: PROTOCOL.md, "What V0 clients need".
/// </summary>
internal sealed class PageLoads(TimeProvider timeProvider)
{
    /// <summary>The settings come within 200 ms on a slow machine, and later by one way through the network.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    /// <summary>From a page's first question to the last moment at which its conversation still waits.</summary>
    private static readonly TimeSpan s_loadTime = TimeSpan.FromSeconds(10);

    private const string PagePath = "/conversations/";
    private const int MaxPages = 1_024;
    private const int MaxId = 100;
    private const int MaxBrowserName = 512;

    private readonly ConcurrentDictionary<Page, Load> _loads = new();

    /// <summary>How many pages are loading, or were when they were last heard of.</summary>
    public int Count => _loads.Count;

    /// <summary>A page that asks how it is to behave has just begun to load.</summary>
    public void Begin(HttpContext context)
    {
        if (PageOf(context) is { } page && HasRoom())
        {
            // It asks twice; an older load of the same page was left before it had its settings.
            _loads.AddOrUpdate(page, static (_, now) => new Load(now), (_, load, now) => IsOver(load) ? new Load(now) : load,
                timeProvider.GetTimestamp());
        }
    }

    /// <summary>The page asks for the settings: with the end of that answer its conversation need not wait any more.</summary>
    public void AnswerSettings(HttpContext context)
    {
        if (PageOf(context) is { } page && _loads.TryGetValue(page, out var load))
        {
            context.Response.OnCompleted(() =>
            {
                End(page, load);
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Completes when the conversation may be answered: at once, unless its page is loading and has no settings yet.</summary>
    public async ValueTask WaitForSettingsAsync(HttpContext context, string conversationId, CancellationToken cancellationToken)
    {
        if (PageOf(context) is not { } page || page.ConversationId != conversationId || !_loads.TryGetValue(page, out var load))
        {
            return;
        }

        try
        {
            if (!IsOver(load))
            {
                await load.HasSettings.WaitAsync(LongestWait, timeProvider, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            // A page that does without settings.
        }
        finally
        {
            End(page, load);
        }
    }

    private void End(Page page, Load load)
    {
        _loads.TryRemove(KeyValuePair.Create(page, load));
        load.End();
    }

    /// <summary>Pages that were left while they loaded are forgotten here; beyond the bound, no other page is made to wait.</summary>
    private bool HasRoom()
    {
        if (_loads.Count < MaxPages)
        {
            return true;
        }

        foreach (var (page, load) in _loads)
        {
            if (IsOver(load))
            {
                End(page, load);
            }
        }

        return _loads.Count < MaxPages;
    }

    private bool IsOver(Load load) => timeProvider.GetElapsedTime(load.Start) > s_loadTime;

    /// <summary>The page of a conversation that a request comes from; null when it comes from elsewhere.</summary>
    private static Page? PageOf(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.Referer.Count != 1
            || headers.UserAgent.ToString() is not { Length: > 0 and <= MaxBrowserName } browser
            || !Uri.TryCreate(headers.Referer.ToString(), UriKind.Absolute, out var referrer))
        {
            return null;
        }

        var path = referrer.AbsolutePath;
        var start = path.LastIndexOf(PagePath, StringComparison.Ordinal);
        var id = start < 0 ? "" : path[(start + PagePath.Length)..];
        return id.Length is 0 or > MaxId || id.Contains('/')
            ? null
            : new Page(context.Connection.RemoteIpAddress, browser, id);
    }

    private readonly record struct Page(IPAddress? Address, string Browser, string ConversationId);

    private sealed class Load(long start)
    {
        private readonly TaskCompletionSource _hasSettings = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Start { get; } = start;

        public Task HasSettings => _hasSettings.Task;

        public void End() => _hasSettings.TrySetResult();
    }
}
