using Gateway.Hosting;
using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Shadow.Fixtures;

using Microsoft.Extensions.Options;

namespace Gateway.Cli;

/// <summary>
/// A gateway in this process, without an agent, over a copy of V0's store that grows with what is asked: V0's own files are read only.
/// Owns the gateway and the copy. Any thread may prepare.
/// </summary>
internal sealed class InProcessCandidate : IShadowCandidate
{
    private const string List = "/api/conversations";

    private readonly SemaphoreSlim _copying = new(1, 1);
    private readonly Dictionary<string, int> _copied = [];
    private readonly string _source;
    private readonly DirectoryInfo _copy;
    private readonly WebApplication _app;

    private InProcessCandidate(string source, DirectoryInfo copy, WebApplication app)
    {
        (_source, _copy, _app) = (source, copy, app);
        Address = new Uri(app.Urls.First());
    }

    public Uri Address { get; }

    /// <param name="source">V0's store.</param>
    /// <param name="key">V0's <c>session_api_key</c>; empty when it asks for none.</param>
    /// <exception cref="InvalidOperationException">The gateway does not start; one line says why.</exception>
    public static async Task<InProcessCandidate> StartAsync(string source, string key, CancellationToken cancellationToken)
    {
        var copy = Directory.CreateTempSubdirectory("gateway-shadow-");
        try
        {
            StoreFiles.CopySettings(source, copy.FullName);
            var app = GatewayApp.Build([.. Arguments(source, copy.FullName, key)]);
            await app.StartAsync(cancellationToken);
            return new InProcessCandidate(source, copy, app);
        }
        catch (OptionsValidationException exception)
        {
            copy.Delete(recursive: true);
            throw new InvalidOperationException($"the candidate does not start: {string.Join("; ", exception.Failures)}", exception);
        }
    }

    public async ValueTask<bool> PrepareAsync(ComparisonJob job, int throughId, CancellationToken cancellationToken)
    {
        await _copying.WaitAsync(cancellationToken);
        try
        {
            if (job is { Kind: JobKind.Call, ConversationId: "" })
            {
                StoreFiles.CopySettings(_source, _copy.FullName);
                if (job.Entries[0].RawTarget.Split('?')[0] == List)
                {
                    StoreFiles.CopyMetadata(_source, _copy.FullName);
                }

                return true;
            }

            return TryCopy(job.ConversationId, job.Kind == JobKind.Call ? int.MaxValue : throughId);
        }
        finally
        {
            _copying.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _copy.Delete(recursive: true);
        _copying.Dispose();
    }

    // Every setting that matters is said, whatever the environment of this process holds.
    private static IEnumerable<string> Arguments(string source, string copy, string key)
    {
        yield return "--urls=http://127.0.0.1:0";
        yield return "--Agent=none";
        yield return "--Storage:Kind=Files";
        yield return $"--Storage:Root={copy}";
        yield return $"--Access:SessionApiKey={key}";
        yield return "--Conversations:MaxConcurrentConversations=0";
        yield return "--HttpApi:RateLimit=false";
        yield return "--Web:Root=";
        yield return "--Logging:LogLevel:Default=None";
        yield return "--Logging:LogLevel:Microsoft=None";
        yield return "--Logging:LogLevel:Microsoft.AspNetCore=None";
        yield return "--Logging:LogLevel:Microsoft.Hosting.Lifetime=None";
        if (!Directory.Exists(Path.Combine(source, "sessions")) && RecordedStore.Users(source).FirstOrDefault() is { } user)
        {
            yield return $"--Conversations:UserId={Path.GetFileName(user)}";
        }
    }

    private bool TryCopy(string id, int throughId)
    {
        if (StoreFiles.FindFolder(_source, id) is not { } folder)
        {
            // Deleted, or never there: the candidate is to see it so as well.
            if (_copied.Remove(id, out _) && StoreFiles.FindFolder(_copy.FullName, id) is { } left)
            {
                Directory.Delete(Path.Combine(_copy.FullName, left), recursive: true);
            }

            return throughId is < 0 or int.MaxValue;
        }

        var isAll = throughId == int.MaxValue;
        throughId = isAll ? StoreFiles.HighestEvent(Path.Combine(_source, folder)) : throughId;
        var from = _copied.GetValueOrDefault(id, -1) + 1;
        var isThere = StoreFiles.CopyConversation(_source, _copy.FullName, folder, from, throughId);
        _copied[id] = Math.Max(from - 1, isThere ? throughId : from - 1);
        return isThere || isAll;
    }
}
