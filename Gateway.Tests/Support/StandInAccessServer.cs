using System.Collections.Concurrent;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A small access server on a loopback port: knows the cookies <c>login=NAME</c> and bearer tokens, and lets <c>eve</c> into nothing.
/// Keeps what it was asked. One test owns it; any thread.
/// </summary>
internal sealed class StandInAccessServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<IHeaderDictionary> _questions = new();
    private volatile TaskCompletionSource? _held;
    private TaskCompletionSource _asked = NewSignal();

    private StandInAccessServer(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    public string Url => $"{_app.Urls.First()}/auth";

    /// <summary>The headers of every question, in their order.</summary>
    public IReadOnlyList<IHeaderDictionary> Questions => [.. _questions];

    /// <summary>Answers this to everybody, in place of its own answers.</summary>
    public int? Status { get; set; }

    public static async Task<StandInAccessServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new StandInAccessServer(builder.Build());
        await server._app.StartAsync().WaitAsync(TestLimits.Step);
        return server;
    }

    /// <summary>Keeps every question waiting until <see cref="Release"/>.</summary>
    public void Hold() => _held = NewSignal();

    public void Release() => _held?.TrySetResult();

    /// <summary>Completes when it has been asked so often.</summary>
    public async Task AskedAsync(int times)
    {
        while (true)
        {
            var asked = Volatile.Read(ref _asked).Task;
            if (_questions.Count >= times)
            {
                return;
            }

            await asked.WaitAsync(TestLimits.Step);
        }
    }

    /// <summary>It is gone: its port refuses.</summary>
    public Task StopAsync() => _app.StopAsync().WaitAsync(TestLimits.Step);

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string? NameOf(HttpRequest request) =>
        request.Cookies["login"]
            ?? (request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? token : null);

    private async Task AnswerAsync(HttpContext context)
    {
        // A copy: the server uses the collection again.
        _questions.Enqueue(new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)));
        Interlocked.Exchange(ref _asked, NewSignal()).TrySetResult();
        if (_held is { } held)
        {
            await held.Task.WaitAsync(context.RequestAborted);
        }

        var name = NameOf(context.Request);
        context.Response.StatusCode = Status ?? (name is null ? 401 : name == "eve" ? 403 : 200);
        switch (context.Response.StatusCode)
        {
            case 200:
                context.Response.Headers["X-User-Id"] = name;
                break;
            case 401:
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"people\"";
                await context.Response.WriteAsJsonAsync(new { message = "Sign in first" });
                break;
            case 403:
                await context.Response.WriteAsync("Not for you, eve\n");
                break;
        }
    }
}
