using Gateway.Tests.Support;

namespace Gateway.Tests;

/// <summary>
/// Holds the layers apart: a request reads top to bottom, source dependencies only point down. A folder that the table does not
/// list fails, so a new one is a decision.
/// </summary>
public sealed class ArchitectureTests
{
    private const int LongestFile = 400;

    /// <summary>
    /// Every folder with source files, and what it may use besides itself and Primitives (all of it). A name stands for that folder alone;
    /// with <c>/*</c> for the folders within it too.
    /// </summary>
    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Primitives"] = [],
        ["Primitives/Har"] = ["Primitives"],
        ["EngineIO/Protocol"] = [],
        ["EngineIO"] = ["EngineIO/*"],
        ["EngineIO/Listening"] = ["EngineIO/*"],
        ["EngineIO/Sessions"] = ["EngineIO/*"],
        ["EngineIO/Transports"] = ["EngineIO/*"],
        ["SocketIO/Protocol"] = [],
        ["SocketIO"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Acks"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Namespaces"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Rooms"] = ["SocketIO/*", "EngineIO/*"],
        ["Conversations/Events"] = ["Conversations"],
        ["Conversations/Storage"] = ["Conversations", "Conversations/Events"],
        ["Conversations"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        ["Conversations/Handshake"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        ["Conversations/Replay"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        ["Conversations/Sessions"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        // The kinds of agent do not know one another; the folder above them chooses.
        ["Agents"] = ["Agents/*", "Conversations/*"],
        ["Agents/Echo"] = ["Agents", "Conversations/*"],
        ["Agents/None"] = ["Agents", "Conversations/*"],
        ["Agents/Recorded"] = ["Agents", "Conversations/*"],
        ["Agents/V1"] = ["Agents", "Agents/V1/*", "Conversations/*"],
        ["Agents/V1/Bridge"] = ["Agents", "Agents/V1/*", "Conversations/*"],
        ["Agents/V1/Calls"] = ["Agents/V1", "Agents/V1/Translation"],
        ["Agents/V1/Translation"] = ["Agents/V1", "Conversations/Events"],
        ["Agents/V1/Upstream"] = ["Agents/V1", "Agents/V1/Calls", "Conversations"],
        ["HttpApi"] = ["Conversations/*"],
        ["Fixtures"] = ["Fixtures/*", .. s_wireProtocols],
        ["Fixtures/Wire"] = ["Fixtures", .. s_wireProtocols],
        ["Fixtures/Play"] = ["Fixtures", "Fixtures/Wire", .. s_wireProtocols],
        ["Fixtures/Compare"] = ["Fixtures", "Fixtures/Wire", "Fixtures/Play"],
        ["Fixtures/Rules"] = ["Fixtures", "Fixtures/Wire", "Fixtures/Compare"],
        ["Fixtures/Reports"] = ["Fixtures", "Fixtures/Compare", "Fixtures/Rules"],
        ["Fixtures/Record"] = ["Fixtures", .. s_wireProtocols],
        ["Fixtures/Import"] = ["Fixtures", "Fixtures/Wire", "Fixtures/Record"],
        ["Operations"] = ["EngineIO/*", "SocketIO/*", "Conversations/*"],
        ["Hosting"] =
        [
            "EngineIO/*", "SocketIO/*", "Conversations/*", "Agents/*", "HttpApi/*", "Operations/*",
        ],
        ["Cli"] = ["Hosting", "Fixtures/*"],
        // Program.cs.
        [""] = ["Cli"],
    };

    private static readonly SourceTree s_tree = SourceTree.Read(Repository.PathOf("Gateway"));

    private static string[] s_wireProtocols => ["EngineIO/Protocol", "SocketIO/Protocol"];

    private static string[] s_socketsWithoutProtocol => ["SocketIO", "SocketIO/Acks", "SocketIO/Namespaces", "SocketIO/Rooms"];

    [Fact]
    public void Folders_WithSource_AreAllInTheTable()
    {
        s_tree.Files.Select(static file => file.Folder).Distinct()
            .Should().BeSubsetOf(s_mayUse.Keys, "a new folder belongs into the table of layers first");
    }

    [Fact]
    public void Namespaces_OfSource_FollowTheFolders()
    {
        s_tree.Files.Where(static file => file.Namespace != $"Gateway.{file.Folder.Replace('/', '.')}".TrimEnd('.'))
            .Select(static file => file.Path)
            .Should().BeEmpty();
    }

    [Fact]
    public void Dependencies_OfEachFolder_AreInTheTable()
    {
        var forbidden =
            from file in s_tree.Files
            from used in s_tree.UsedFolders(file)
            where !Covers("Primitives/*", used) && !s_mayUse.GetValueOrDefault(file.Folder, []).Any(allowed => Covers(allowed, used))
            select $"{file.Path} uses {used}";

        forbidden.Should().BeEmpty();
    }

    [Fact]
    public void Files_OfSourceAndTests_AreNotLong()
    {
        s_tree.Files.Concat(SourceTree.Read(Repository.PathOf("Gateway.Tests")).Files)
            .Where(static file => file.LineCount > LongestFile)
            .Select(static file => $"{file.Path}: {file.LineCount} lines")
            .Should().BeEmpty("a file past {0} lines nearly always hides a second class", LongestFile);
    }

    [Theory]
    [InlineData("using Gateway.EngineIO.Sessions;", "EngineIO/Sessions")]
    [InlineData("var x = Gateway.SocketIO.Protocol.Packet.Empty;", "SocketIO/Protocol")]
    [InlineData("var x = SocketIO.Protocol.Packet.Empty;", "SocketIO/Protocol")]
    [InlineData("ConversationSession? session = null;", "Conversations")]
    [InlineData("// Gateway.EngineIO.Sessions knows.", null)]
    [InlineData("var x = \"Gateway.EngineIO.Sessions\";", null)]
    public void UsedFolders_OfALine_AreThoseItNames(string line, string? folder)
    {
        var user = SourceFile.Parse("Conversations/Storage/X.cs", $"namespace Gateway.Conversations.Storage;\n{line}\n");
        var tree = new SourceTree([
            user,
            SourceFile.Parse("EngineIO/Sessions/S.cs", "namespace Gateway.EngineIO.Sessions;\ninternal sealed class S;\n"),
            SourceFile.Parse("SocketIO/Protocol/P.cs", "namespace Gateway.SocketIO.Protocol;\ninternal sealed class Packet;\n"),
            SourceFile.Parse("Conversations/C.cs", "namespace Gateway.Conversations;\ninternal sealed class ConversationSession;\n")]);

        tree.UsedFolders(user).Should().Equal(folder is null ? [] : [folder]);
    }

    private static bool Covers(string allowed, string used) =>
        allowed == used || (allowed.EndsWith("/*", StringComparison.Ordinal) && (used == allowed[..^2] || used.StartsWith(allowed[..^1], StringComparison.Ordinal)));
}
