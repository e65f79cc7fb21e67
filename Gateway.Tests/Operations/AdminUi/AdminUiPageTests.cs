using Gateway.Operations.AdminUi;
using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Operations.AdminUi;

/// <summary>The Socket.IO Admin UI's own page, as its package brings it, against Gateway.</summary>
public sealed class AdminUiPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Password = "the password of the admin";

    [Fact]
    public async Task Page_OfThePackage_SignsInAndShowsTheSockets()
    {
        await using var stage = await OperatorStage.StartAsync(
            "Operations:AdminUi:Username=admin",
            $"Operations:AdminUi:PasswordHash={BCrypt.Net.BCrypt.HashPassword(Password, 4)}",
            "Operations:AdminUi:Mode=Development");
        await stage.JoinAsync();
        await using var files = await ServePackageAsync();
        await using var page = await ForeignPage.OpenAsync(chromium);
        var address = new Uri(files.Urls.Single());
        await page.GoAsync(address);
        await page.ReadAsync<string>(
            $"(localStorage.setItem('server_url', '{stage.Host.Address.GetLeftPart(UriPartial.Authority)}'),"
            + " localStorage.setItem('ws_only', 'true'), '')");
        await page.GoAsync(address);

        await SignInAsync(page, "wrong");
        await page.UntilAsync("document.body.innerText.toLowerCase().includes('invalid credentials')");
        await SignInAsync(page, Password);
        await page.UntilAsync("!document.querySelector('.v-dialog--active') && localStorage.getItem('session_id')?.length === 32");

        var socket = stage.Host.Services.GetRequiredService<AdminSockets>().All().Single().Socket.Id;
        await page.ReadAsync<string>("(location.hash = '#/sockets/', '')");
        await page.UntilAsync($"document.body.innerText.includes('{socket}')");
        await page.ReadAsync<string>("(location.hash = '#/servers/', '')");
        await page.UntilAsync($"document.body.innerText.includes('{Environment.ProcessId}')");
    }

    private static async Task SignInAsync(ForeignPage page, string password)
    {
        const string Field = "[...document.querySelectorAll('.v-dialog--active .v-text-field')]";
        await page.UntilAsync($"{Field}.some((field) => field.textContent.includes('Username'))");
        await FillAsync(page, $"{Field}.find((field) => field.textContent.includes('Username')).querySelector('input')", "admin");
        await FillAsync(page, "document.querySelector('.v-dialog--active input[type=password]')", password);
        await page.ReadAsync<string>(
            "([...document.querySelectorAll('.v-dialog--active button')].find((one) => one.innerText.toLowerCase() === 'connect').click(), '')");
    }

    /// <summary>Types into a field. The dialog takes the focus for itself once, when it has opened: then it is typed again.</summary>
    private static async Task FillAsync(ForeignPage page, string field, string text)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            await page.ReadAsync<string>($"(() => {{ const one = {field}; one.focus(); one.select(); return ''; }})()");
            await page.TypeAsync(text);
        }
        while (await page.ReadAsync<string>($"{field}.value") != text);
    }

    /// <summary>The package's page as it is, but for the fonts of other hosts.</summary>
    private static async Task<WebApplication> ServePackageAsync()
    {
        var folder = Path.Combine(ClientPrograms.Folder, "node_modules", "@socket.io", "admin-ui", "ui", "dist");
        var index = await File.ReadAllTextAsync(Path.Combine(folder, "index.html"));
        foreach (var foreign in new[] { "fonts.googleapis.com", "cdn.jsdelivr.net" })
        {
            var host = index.IndexOf(foreign, StringComparison.Ordinal);
            var start = index.LastIndexOf("<link", host, StringComparison.Ordinal);
            index = index.Remove(start, index.IndexOf('>', host) + 1 - start);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/", () => Results.Content(index, "text/html"));
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder) });
        await app.StartAsync();
        return app;
    }
}
