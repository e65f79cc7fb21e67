using Gateway.Tests.Support;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Workspaces.Local;

/// <summary>Folders that are no workspace stop the start, with a line that names the setting.</summary>
public sealed class WorkspaceOptionsTests
{
    [Theory]
    [InlineData("/", "is the whole machine")]
    [InlineData("/dev/null/x", "cannot be used")]
    [InlineData("{store}", "holds the store")]
    [InlineData("{store}/..", "holds the store")]
    public async Task Start_WithAFolderThatIsNoWorkspace_Fails(string root, string words)
    {
        using var store = TempStore.Empty();
        var setting = root.Replace("{store}", store.Root, StringComparison.Ordinal);

        var start = async () => await GatewayHost.StartAsync(store, $"WORKSPACE_BASE={setting}");

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Message.Should().Contain(words);
    }

    [Theory]
    [InlineData("workspace")]
    [InlineData("/workspace/")]
    [InlineData("")]
    public async Task Start_WithAMountPathThatIsNone_Fails(string path)
    {
        using var store = TempStore.Empty();
        using var workspace = new TestWorkspace();

        var start = async () => await GatewayHost.StartAsync(store, workspace.Setting, $"Workspace:MountPath={path}");

        await start.Should().ThrowAsync<OptionsValidationException>();
    }

    [Fact]
    public async Task Start_WithAFolderThatIsMissing_MakesIt()
    {
        using var store = TempStore.Empty();
        using var workspace = new TestWorkspace();
        var root = workspace.PathOf("new");

        await using var host = await GatewayHost.StartAsync(store, $"WORKSPACE_BASE={root}");

        Directory.Exists(root).Should().BeTrue();
    }
}
