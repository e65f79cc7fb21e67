using Gateway.Cli;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A gateway whose answers to REST calls go through <paramref name="change"/> before they are sent. Sockets are not passed on.
/// </summary>
internal sealed class ChangedAnswers(Action<ChangedAnswer> change) : IVerifyTargetFactory
{
    public TargetTraits Traits { get; } = new(IsOurs: true, MakesWorkspace: true, PlaysRecordedAgent: false);

    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        var sound = await new InProcessTargets(runsCommands: true).StartAsync(fixture, settings, cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = sound.Address };
        app.Run(context => PassOnAsync(context, http));
        await app.StartAsync(cancellationToken);
        return new Target(sound, app, http);
    }

    private async Task PassOnAsync(HttpContext context, HttpClient http)
    {
        var target = $"{context.Request.Path}{context.Request.QueryString}";
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target)
        {
            Content = new StreamContent(context.Request.Body),
        };
        foreach (var header in context.Request.Headers.Where(static header => header.Key is not ("Host" or "Content-Length")))
        {
            _ = request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString())
                || request.Content.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
        }

        using var response = await http.SendAsync(request, context.RequestAborted);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(static header => header.Key is not ("Transfer-Encoding" or "Content-Length"))
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value));
        var answer = new ChangedAnswer(context.Request.Method, context.Request.Path, headers)
        {
            Status = (int)response.StatusCode,
            Body = await response.Content.ReadAsStringAsync(context.RequestAborted),
        };
        change(answer);
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        await context.Response.WriteAsync(answer.Body);
    }

    private sealed class Target(IVerifyTarget sound, WebApplication app, HttpClient http) : IVerifyTarget
    {
        public Uri Address { get; } = new(app.Urls.Single());

        public bool CanRestart => false;

        public Task RestartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ApplyAsync(FixtureChange change, CancellationToken cancellationToken) => sound.ApplyAsync(change, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            await sound.DisposeAsync();
            http.Dispose();
        }
    }
}

/// <summary>An answer on its way; a test changes it. One request's.</summary>
internal sealed record ChangedAnswer(string Method, string Path, Dictionary<string, string> Headers)
{
    public required int Status { get; set; }

    public required string Body { get; set; }

    public bool Is(string method, string path) => Method == method && Path == path;
}
