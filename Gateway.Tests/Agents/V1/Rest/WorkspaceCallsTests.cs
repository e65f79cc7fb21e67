using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Rest;

/// <summary>
/// Calls about a workspace, over a real socket, to both generations of server: paths go into the query or into the address.
/// </summary>
public sealed class WorkspaceCallsTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GitChanges_OfBothGenerations_AreAskedInTheirForm(bool isNew)
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew);
        v1.Server.Rest.Workspace.GitChanges =
            V1CallsHarness.Array(new JObject { ["status"] = "UPDATED", ["path"] = "a b/é.txt" });

        var first = await v1.Workspace.GitChangesAsync(v1.Endpoint, "/work space/é", default);
        var second = await v1.Workspace.GitChangesAsync(v1.Endpoint, "/work space/é", default);

        first.IsSuccess.Should().BeTrue();
        second.Body!.ToString(Newtonsoft.Json.Formatting.None).Should().Be("""[{"status":"UPDATED","path":"a b/é.txt"}]""");
        var query = "GET /api/git/changes?path=%2Fwork%20space%2F%C3%A9";
        var address = "GET /api/git/changes/%2Fwork%20space%2F%C3%A9";
        v1.Server.Rest.Requests.Should().Equal(isNew ? [query, query] : [query, address, address]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UploadAndDownload_NamesWithBlanksAndLetters_KeepEveryByte(bool isNew)
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew);
        var file = _folder.PathOf("neu er", "größe 1+2 & 50%.bin");
        var bytes = Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7)).ToArray();

        var stored = await v1.Workspace.UploadAsync(v1.Endpoint, file, new MemoryStream(bytes), default);
        using var read = await v1.Workspace.DownloadAsync(v1.Endpoint, file, default);

        stored.IsSuccess.Should().BeTrue(stored.Problem);
        (await File.ReadAllBytesAsync(file)).Should().Equal(bytes);
        read.Result.IsSuccess.Should().BeTrue();
        var copy = new MemoryStream();
        await read.Content!.CopyToAsync(copy);
        copy.ToArray().Should().Equal(bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Download_FileThatIsNotThere_SaysSo(bool isNew)
    {
        await using var v1 = await V1CallsHarness.StartAsync(isNew);

        using var read = await v1.Workspace.DownloadAsync(v1.Endpoint, _folder.PathOf("none.txt"), default);

        read.Content.Should().BeNull();
        read.Result.Status.Should().Be(404);
        read.Result.Object.Text("detail").Should().Be("File not found");
    }

    [Fact]
    public async Task Upload_LargeFile_IsSentAsItIsRead()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        var file = _folder.PathOf("large.bin");

        var stored = await v1.Workspace.UploadAsync(v1.Endpoint, file, new ZeroStream(20_000_000), default);

        stored.IsSuccess.Should().BeTrue(stored.Problem);
        new FileInfo(file).Length.Should().Be(20_000_000);
    }

    [Fact]
    public async Task Upload_ServerThatStopsAnswering_EndsWithinItsLimit()
    {
        await using var v1 = await V1CallsHarness.StartAsync(configure: static o => o.RequestTimeout = TimeSpan.FromMilliseconds(300));
        v1.Server.Rest.Instead = static async context =>
        {
            if (context.Request.Method != "POST")
            {
                return false;
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };

        var stored = await v1.Workspace.UploadAsync(v1.Endpoint, _folder.PathOf("a"), new ZeroStream(20_000_000), default)
            .WaitAsync(TestLimits.Step);

        stored.Status.Should().Be(0);
    }

    [Fact]
    public async Task Run_ACommand_RunsInTheFolder()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.Rest.Workspace.Folder = _folder.Root;
        await File.WriteAllTextAsync(_folder.PathOf("a.txt"), "x");

        var result = await v1.Workspace.RunAsync(v1.Endpoint, "ls; exit 3", _folder.Root, TestLimits.Step, default);

        result.Object.Text("stdout").Should().Be("a.txt\n");
        result.Object.Integer("exit_code").Should().Be(3);
    }

    [Fact]
    public async Task Download_ServerStopsInTheMiddle_EndsWithTheCallersToken()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.Rest.Instead = static async context =>
        {
            context.Response.ContentLength = 1_000;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("the start"));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };
        using var giveUp = new CancellationTokenSource();
        using var read = await v1.Workspace.DownloadAsync(v1.Endpoint, "/f", default);
        var buffer = new byte[100];

        (await read.Content!.ReadAsync(buffer)).Should().BePositive();
        var rest = read.Content.ReadAsync(buffer, giveUp.Token).AsTask();
        await giveUp.CancelAsync();

        await FluentActions.Awaiting(() => rest.WaitAsync(TestLimits.Step)).Should().ThrowAsync<OperationCanceledException>();
    }

    /// <summary>So many zeros, and no memory for them.</summary>
    private sealed class ZeroStream(long length) : MemoryStream
    {
        private long _left = length;

        // As a request's body: nobody knows its length before its end.
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(_left, buffer.Length);
            buffer.Span[..count].Clear();
            _left -= count;
            return new ValueTask<int>(count);
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            CopyChunksAsync(destination, bufferSize, cancellationToken);

        private async Task CopyChunksAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[bufferSize];
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
    }
}
