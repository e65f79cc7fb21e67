using Gateway.Agents.V1;
using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>Gateway's calls to a stand-in V1 server of either generation. Owned by one test.</summary>
internal sealed class V1CallsHarness : IAsyncDisposable
{
    public const string Key = "a-secret-key";

    private readonly TestMeterFactory _meters = new();
    private readonly V1RestClient _rest;

    private V1CallsHarness(StandInV1Server server, Action<V1Options>? configure)
    {
        Server = server;
        var values = new V1Options { BaseUrl = server.BaseUrl, SessionApiKey = server.Key };
        configure?.Invoke(values);
        var options = Options.Create(values);
        _rest = new V1RestClient(options, TimeProvider.System, new V1Metrics(_meters));
        Endpoint = V1Endpoint.Create(server.BaseUrl, values.SessionApiKey);
        Conversations = new ConversationCalls(_rest, options);
        Workspace = new WorkspaceCalls(_rest, new PathForm(), options);
        var lookup = new FixedEndpoint(Endpoint);
        Workspaces = new V1Workspaces(Workspace, new WorkspaceFinder(lookup, Conversations, Workspace));
        Cache = new ConversationCache(Conversations, Clock, NullLogger<ConversationCache>.Instance);
        Directory = new V1Conversations(Conversations, lookup, Cache, new ConversationTemplate(options), Documents);
    }

    public StandInV1Server Server { get; }

    public V1Endpoint Endpoint { get; }

    public ConversationCalls Conversations { get; }

    public WorkspaceCalls Workspace { get; }

    public V1Workspaces Workspaces { get; }

    public ConversationCache Cache { get; }

    public V1Conversations Directory { get; }

    /// <summary>Stands still but for what a test advances: what is kept for a moment is kept.</summary>
    public FakeTimeProvider Clock { get; } = new();

    /// <summary>V0's settings and secrets of the user.</summary>
    public MemoryDocuments Documents { get; } = new();

    /// <summary>The server's own conversation, in V0's spelling.</summary>
    public ConversationId Id => ConversationId.TryParse(Server.ConversationId.ToString("N"), out var id) ? id : default;

    public static async Task<V1CallsHarness> StartAsync(bool isNew = true, string? version = null, Action<V1Options>? configure = null)
    {
        var server = new StandInV1Server([], Guid.NewGuid().ToString())
        {
            Version = version ?? (isNew ? "1.58.2" : "1.1.0"),
            HasSessionSocket = isNew,
            Key = Key,
        };
        await server.StartAsync();
        return new V1CallsHarness(server, configure);
    }

    /// <summary>Answers every request with this body, a status and nothing else.</summary>
    public void AnswerWith(int status, string body) => Server.Rest.Instead = async context =>
    {
        context.Response.StatusCode = status;
        await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, body);
        return true;
    };

    public static JArray Array(params JToken[] items) => new(items);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _rest.Dispose();
    }
}

/// <summary>A user's documents in memory, as a test sets them. One caller at a time.</summary>
internal sealed class MemoryDocuments : IUserDocuments
{
    public JObject? Settings { get; set; }

    public JObject? Secrets { get; set; }

    public ValueTask<StoredDocument?> ReadAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken) =>
        new((document == UserDocument.Settings ? Settings : Secrets) is { } json ? new StoredDocument(json, "1") : null);

    public ValueTask<bool> TryWriteAsync(
        UserDocument document, ConversationId? userId, JObject json, string? expectedVersion, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nothing behind a V1 server writes a user's documents.");
}
