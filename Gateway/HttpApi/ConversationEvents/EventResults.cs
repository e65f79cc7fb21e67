using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationEvents;

/// <summary>Some events of a conversation, and whether there are more: V0's <c>events</c>. Used for one answer.</summary>
internal sealed class EventListResult(IEventLog log, EventQuery query) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellationToken = httpContext.RequestAborted;
        var pages = new EventPages(log);
        var events = query.IsReverse
            ? pages.BackwardAsync(query.FromId, query.ThroughId, cancellationToken)
            : pages.ForwardAsync(query.FromId, query.ThroughId, cancellationToken);
        var writer = new JsonListWriter(httpContext.Response);
        writer.Begin("events");
        var (count, hasMore) = (0, false);
        await foreach (var json in events)
        {
            hasMore = count++ == query.Limit;
            if (hasMore)
            {
                break;
            }

            await writer.AddAsync(json, cancellationToken);
        }

        await writer.EndAsync($",\"has_more\":{(hasMore ? "true" : "false")}", cancellationToken);
    }
}

/// <summary>
/// The whole conversation for export: V0's <c>trajectory</c>, without hidden events, and without the browser's bulk. It is sent while it is
/// read. Used for one answer.
/// </summary>
internal sealed class TrajectoryResult(IEventLog log) : IResult
{
    private static readonly HashSet<string> s_bulk =
    [
        "dom_object", "axtree_object", "active_page_index", "last_browser_action", "last_browser_action_error", "focused_element_bid",
        "extra_element_properties", "screenshot", "set_of_marks",
    ];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellationToken = httpContext.RequestAborted;
        var writer = new JsonListWriter(httpContext.Response);
        writer.Begin("trajectory");
        await foreach (var json in new EventPages(log).ForwardAsync(0, int.MaxValue, cancellationToken))
        {
            if (json["args"].Flag("hidden") || json["extras"].Flag("hidden"))
            {
                continue;
            }

            Strip(json["extras"]);
            await writer.AddAsync(json, cancellationToken);
        }

        await writer.EndAsync("", cancellationToken);
    }

    // Nesting must cost no stack: the events are somebody else's.
    private static void Strip(JToken? extras)
    {
        var pending = new Stack<JToken?>([extras]);
        while (pending.TryPop(out var token))
        {
            if (token is JObject json)
            {
                foreach (var property in json.Properties().ToList())
                {
                    if (s_bulk.Contains(property.Name))
                    {
                        property.Remove();
                    }
                    else
                    {
                        pending.Push(property.Value);
                    }
                }
            }
            else if (token is JArray list)
            {
                foreach (var item in list)
                {
                    pending.Push(item);
                }
            }
        }
    }
}
