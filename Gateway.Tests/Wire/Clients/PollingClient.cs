using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>Long-polling by hand, without an upgrade: a GET always open, a POST for what it says.</summary>
internal sealed class PollingClient : ICuttableClient
{
    private const char Separator = '\u001e';

    private readonly HttpClient _http = new() { Timeout = TestLimits.Slow };
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private CancellationTokenSource _cut = new();
    private string _address = "";
    private Task _polling = Task.CompletedTask;

    public ChannelReader<Observation> Seen => _seen.Reader;

    public async Task ConnectAsync(Visit visit)
    {
        _cut.Dispose();
        _cut = new CancellationTokenSource();
        var opened = await _http.GetStringAsync(DriverCommands.AddressWithQuery(visit, "/socket.io/") + "&EIO=4&transport=polling");
        var sid = WireJson.Parse(opened.Split(Separator)[0][1..]).Value<string>("sid");
        _address = string.Create(CultureInfo.InvariantCulture, $"{visit.Address}socket.io/?EIO=4&transport=polling&sid={sid}");
        await PostAsync("40");
        _polling = PollAsync(_address, _cut.Token);
    }

    public Task EmitAsync(JObject action, bool wantsAck = false) =>
        PostAsync($"42{(wantsAck ? "7" : "")}[\"oh_user_action\",{action.ToString(Formatting.None)}]");

    public Task LeaveAsync() => PostAsync("1");

    public async Task CutAsync()
    {
        await _cut.CancelAsync();
        await _polling.WaitAsync(TestLimits.Step);
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _cut.Dispose();
        _http.Dispose();
        _seen.Writer.TryComplete();
    }

    private async Task PollAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var payload = await _http.GetStringAsync(address, cancellationToken);
                foreach (var packet in payload.Split(Separator))
                {
                    await HandleAsync(packet);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or SocketException)
        {
            // Cut by the test, or the session is over. Where a server is killed just as it is connected to, the socket itself says so.
        }

        Report(new Observation("disconnect", ""));
    }

    private async Task HandleAsync(string packet)
    {
        switch (packet)
        {
            case "2":
                await PostAsync("3");
                break;
            default:
                Report(Observation.OfPacket(packet, "polling"));
                break;
        }
    }

    private async Task PostAsync(string packet)
    {
        using var body = new StringContent(packet, Encoding.UTF8, new MediaTypeHeaderValue("text/plain"));
        using var answer = await _http.PostAsync(_address, body);
        answer.EnsureSuccessStatusCode();
    }

    private void Report(Observation? observation)
    {
        if (observation is not null)
        {
            _seen.Writer.TryWrite(observation);
        }
    }
}
