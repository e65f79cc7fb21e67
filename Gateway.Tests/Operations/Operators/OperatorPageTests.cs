using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Operations.Operators;

/// <summary>The operators' page in a real browser: signed in, looked at, used by mouse and by keyboard.</summary>
public sealed class OperatorPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Rows = "document.querySelectorAll('#table-view tbody tr')";

    // What reaches beyond the window's width, but for what scrolls by itself.
    private const string Overflowing =
        "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.scroll, nav')"
        + " && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 200))";

    [Fact]
    public async Task Page_ThatIsUsed_ShowsWhatIsAndDoesWhatItIsTold()
    {
        await using var stage = await OperatorStage.StartAsync();
        var client = await stage.JoinAsync();
        await stage.MakeHistoryAsync();
        await using var page = await ForeignPage.OpenAsync(chromium);

        await page.GoAsync(new Uri(stage.Host.Address, "/operator"));
        await page.UntilAsync("document.activeElement?.id === 'key'");
        await page.TypeAsync("not-the-operators-key");
        await page.LeaveByAsync("document.querySelector('button').click()");
        await page.UntilAsync("document.getElementById('wrong').textContent === 'That is not the key.'");
        await SignInAsync(page, stage);
        await page.UntilAsync($"{Rows}.length === 4 && {Rows}[0].textContent.includes('{stage.Conversation}')");
        (await page.ReadAsync<string>("document.getElementById('live').textContent")).Should().Be("live");
        await page.UntilAsync("document.getElementById('tiles').textContent.includes('4 in conversations')");
        await page.UntilAsync("document.querySelectorAll('.spark polyline').length === 3");
        await page.PictureAsync("operator.png");

        // A second client comes without the page being touched.
        await stage.JoinAsync();
        await page.UntilAsync("document.getElementById('tiles').textContent.includes('5 in conversations')");

        // Opened by its link, recorded by its button.
        await page.ClickAsync($"#table-view tbody a[href$='{stage.Conversation}']");
        await page.UntilAsync("document.querySelectorAll('#detail-view tbody')[0]?.rows.length === 2");
        await page.UntilAsync("document.querySelectorAll('#detail-view tbody')[1].rows.length > 5");
        (await page.ReadAsync<string>("document.querySelectorAll('#detail-view tbody')[1].textContent"))
            .Should().Contain("content: string", "the form of an event is shown").And.NotContain("fibonacci");
        await page.ClickAsync("#record");
        await page.UntilAsync("document.getElementById('record').textContent === 'Stop recording'");
        await client.EmitAsync(Actions.Message("Say it back"));
        await client.ReadTurnAsync();
        await page.UntilAsync("document.querySelector('.facts').textContent.includes('frames of 2 clients')");
        await page.PictureAsync("operator-conversation.png");
        await page.ClickAsync("#record");
        await page.UntilAsync("!document.getElementById('download').hidden");
        var name = (await page.ReadAsync<string>("document.getElementById('download').href")).Split('/')[^1];
        (await Verification.InProcessAsync(await stage.UnpackAsync(name))).ShouldBeEqual();

        // A notice reaches the clients, and a close needs to be meant.
        await page.ReadAsync<string>("(document.getElementById('notice').focus(), '')");
        await page.TypeAsync("The server restarts at noon.");
        await page.PressAsync("Enter", 13);
        await page.UntilAsync("document.querySelector('.said').textContent === 'Sent.'");
        await client.UntilEventAsync(static json => (string?)json["message"] == "The server restarts at noon.");
        await page.ClickAsync("#close");
        await page.ClickAsync("#close");
        await client.ReadAsync("disconnect");
        await page.UntilAsync("document.querySelector('.said').textContent === 'Closed.'");

        (await page.HostsAsync()).Should().Equal(stage.Host.Address.Authority);
        page.Complaints.Should().BeEmpty("the page keeps its own policy");
    }

    [Fact]
    public async Task Page_ByKeyboardInANarrowDarkWindow_IsAsGood()
    {
        await using var stage = await OperatorStage.StartAsync();
        await stage.JoinAsync();
        await using var page = await ForeignPage.OpenAsync(chromium);
        await SignInAsync(page, stage);
        await page.UntilAsync($"{Rows}.length === 1");
        var light = await page.ReadAsync<string>("getComputedStyle(document.body).backgroundColor");

        await page.DarkAsync(true);
        await page.SizeAsync(390, 780);
        (await page.ReadAsync<string>("getComputedStyle(document.body).backgroundColor")).Should().NotBe(light);
        (await page.ReadAsync<string[]>(Overflowing)).Should().BeEmpty();

        await page.PressAsync("/", 191);
        (await page.ReadAsync<string>("document.activeElement.id")).Should().Be("search");
        await page.TypeAsync("no such conversation");
        await page.UntilAsync("document.getElementById('count').textContent === '0 of 1'");
        await page.ReadAsync<string>("(document.activeElement.select(), '')");
        await page.TypeAsync(stage.Conversation[..8].ToUpperInvariant());
        await page.UntilAsync("document.getElementById('count').textContent === '1 to 1 of 1'");

        // From the search by CSV, JSON and the table's frame to the head of the first column, which sorts.
        await TabAsync(page, "document.activeElement.dataset.column === 'id'");
        await page.PressAsync("Enter", 13);
        await page.UntilAsync("document.querySelector('th[aria-sort=ascending]')?.textContent === 'Conversation'");
        await TabAsync(page, "document.activeElement.closest('tbody') !== null");
        await page.PressAsync("Enter", 13);
        await page.UntilAsync("!document.getElementById('detail-view').hidden && document.querySelector('.facts div')");
        await page.PictureAsync("operator-narrow.png");

        (await page.ReadAsync<string[]>(Overflowing)).Should().BeEmpty();
        page.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task Page_WithTenThousandRows_ShowsAPageOfThem()
    {
        await using var stage = await OperatorStage.StartAsync("Operations:Operator:MaxClientKinds=10000");
        var ledger = stage.Host.Ledger();
        for (var i = 0; i < 9_999; i++)
        {
            ledger.Joined(new("library", $"{i:0000}", "4", "websocket", "program", "conversation_id"));
        }

        await using var page = await ForeignPage.OpenAsync(chromium);
        await SignInAsync(page, stage, "#clients");

        await page.UntilAsync("document.getElementById('count').textContent === '1 to 100 of 9,999'");
        (await page.ReadAsync<int>($"{Rows}.length")).Should().Be(100);
        await page.ClickAsync("#next");
        await page.UntilAsync("document.getElementById('count').textContent === '101 to 200 of 9,999'");
        await page.ReadAsync<string>(
            "(document.getElementById('search').value = '7777', document.getElementById('search').dispatchEvent(new Event('input')), '')");
        await page.UntilAsync($"{Rows}.length === 1 && {Rows}[0].textContent.includes('7777')");
        (await page.ReadAsync<string>("document.getElementById('csv').getAttribute('href')"))
            .Should().Be("operator/api/clients?q=7777&format=csv");
    }

    private static async Task SignInAsync(ForeignPage page, OperatorStage stage, string view = "")
    {
        await page.GoAsync(new Uri(stage.Host.Address, "/operator"));
        (await page.ReadAsync<string>("location.pathname")).Should().Be("/operator/sign-in");
        await page.ReadAsync<string>("(document.getElementById('key').focus(), '')");
        await page.TypeAsync(OperatorStage.Key);
        await page.LeaveByAsync("document.querySelector('button').click()");
        (await page.ReadAsync<string>("document.cookie")).Should().BeEmpty("no script sees the cookie");
        await page.ReadAsync<string>($"(location.hash = '{view}', '')");
    }

    private static async Task TabAsync(ForeignPage page, string until)
    {
        for (var i = 0; i < 40 && !await page.ReadAsync<bool>(until); i++)
        {
            await page.PressAsync("Tab", 9);
        }

        (await page.ReadAsync<bool>(until)).Should().BeTrue("{0}, by the tabulator", until);
    }
}
