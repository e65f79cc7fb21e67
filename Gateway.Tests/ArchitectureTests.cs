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
        ["Primitives/Json"] = [],
        ["EngineIO/Protocol"] = [],
        ["EngineIO"] = ["EngineIO/*"],
        ["EngineIO/Admission"] = ["EngineIO/*"],
        ["EngineIO/Kestrel"] = ["EngineIO/*"],
        ["EngineIO/Polling"] = ["EngineIO/*"],
        ["EngineIO/Sessions"] = ["EngineIO/*"],
        ["EngineIO/Upgrade"] = ["EngineIO/*"],
        ["EngineIO/WebSockets"] = ["EngineIO/*"],
        ["SocketIO/Protocol"] = [],
        ["SocketIO"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Acks"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Namespaces"] = ["SocketIO/*", "EngineIO/*"],
        ["SocketIO/Rooms"] = ["SocketIO/*", "EngineIO/*"],
        ["Access"] = ["Access/*"],
        ["Access/Forward"] = ["Access"],
        ["Access/Jwt"] = ["Access"],
        ["Conversations/Events"] = ["Conversations"],
        ["Conversations/Storage"] = ["Conversations", "Conversations/Events"],
        ["Conversations/Storage/Files"] = ["Conversations", "Conversations/Events", "Conversations/Storage"],
        ["Conversations/Storage/Postgres"] = ["Conversations", "Conversations/Events", "Conversations/Storage"],
        ["Conversations/Workspaces"] = ["Conversations"],
        // Where the store is, so that no workspace holds it; and the store's threads, which wait for the workspace's files as well.
        ["Conversations/Workspaces/Local"] =
            ["Conversations", "Conversations/Workspaces", "Conversations/Storage", "Conversations/Storage/Files"],
        ["Conversations"] = ["Conversations/*", "Access", .. s_socketsWithoutProtocol],
        ["Conversations/Connect"] = ["Conversations/*", "Access", .. s_socketsWithoutProtocol],
        ["Conversations/Replay"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        ["Conversations/Runtime"] = ["Conversations/*", .. s_socketsWithoutProtocol],
        // The kinds of agent do not know one another; the folder above them chooses.
        ["Agents"] = ["Agents/*", "Conversations/*"],
        ["Agents/Echo"] = ["Agents", "Conversations/*"],
        ["Agents/None"] = ["Agents", "Conversations/*"],
        // Which agent a conversation has, V1's or the old one; and the server that may have the old ones.
        ["Agents/Canary"] = ["Agents", "Conversations", "Conversations/Storage"],
        ["Agents/V0"] = ["Agents", "Agents/Canary", "Conversations", "EngineIO", "Access"],
        ["Agents/V1"] = ["Agents", "Agents/V1/*", "Conversations/*"],
        ["Agents/V1/Actions"] =
        [
            "Agents/V1", "Agents/V1/Bridge", "Agents/V1/Calls", "Agents/V1/Translation", "Agents/V1/Upstream", "Conversations",
            "Conversations/Events",
        ],
        ["Agents/V1/Bridge"] = ["Agents", "Agents/V1/*", "Conversations/*"],
        ["Agents/V1/Calls"] = ["Agents/V1", "Agents/V1/Translation"],
        // V1's routes as they are, beside V0's; who may use them is the gateway's to say.
        ["Agents/V1/Proxy"] = ["Agents/V1", "Agents/V1/Upstream", "Access"],
        ["Agents/V1/Rest"] = ["Agents/V1", "Agents/V1/Calls", "Agents/V1/Translation", "Agents/V1/Upstream", "Conversations/*"],
        ["Agents/V1/Translation"] = ["Agents/V1", "Conversations/Events"],
        ["Agents/V1/Upstream"] = ["Agents/V1", "Agents/V1/Calls", "Conversations"],
        // Gateways that hand requests to one another: what EngineIO asks for, by a table of the store.
        ["Cluster"] = ["EngineIO", "Conversations/Storage"],
        ["HttpApi"] = ["HttpApi/*", "Conversations/*", "Access"],
        ["HttpApi/Conventions"] = ["HttpApi", "Conversations/*", "Access"],
        // What is asked of everywhere: a user's documents.
        ["HttpApi/Settings"] =
            ["HttpApi", "HttpApi/Conventions", "Conversations", "Conversations/Events", "Conversations/Storage", "Access"],
        ["HttpApi/Conversations"] = ["HttpApi", "HttpApi/Conventions", "HttpApi/Settings", "Conversations/*", "Access"],
        ["HttpApi/Git"] =
            ["HttpApi", "HttpApi/Conventions", "HttpApi/Conversations", "HttpApi/Settings", "Conversations/Workspaces", "Access"],
        ["HttpApi/GitProviders"] = ["HttpApi", "HttpApi/Conventions", "HttpApi/Git", "HttpApi/Settings", "Access"],
        // What every route takes and answers is described here; the routes do not know it.
        ["HttpApi/OpenApi"] = ["HttpApi", "HttpApi/Conventions", "HttpApi/Settings", "Conversations/Storage"],
        ["HttpApi/Secrets"] = ["HttpApi", "HttpApi/Conventions", "HttpApi/Settings", "Access"],
        ["HttpApi/ConversationAgent"] = ["HttpApi", "HttpApi/Conventions", "Conversations/Workspaces", "Access"],
        ["HttpApi/ConversationEvents"] =
            ["HttpApi", "HttpApi/Conventions", "Conversations", "Conversations/Events", "Conversations/Storage", "Access"],
        ["HttpApi/ConversationFiles"] = ["HttpApi", "HttpApi/Conventions", "Conversations/Workspaces", "Access"],
        ["HttpApi/ConversationGit"] = ["HttpApi", "HttpApi/Conventions", "Conversations/Workspaces", "Access"],
        ["HttpApi/ConversationRuntime"] = ["HttpApi", "HttpApi/Conventions", "Conversations/Workspaces", "Access"],
        ["HttpApi/Feedback"] = ["HttpApi", "HttpApi/Conventions", "Access"],
        ["HttpApi/Server"] = ["HttpApi", "HttpApi/Conventions"],
        ["HttpApi/UiOptions"] = ["HttpApi", "HttpApi/Conventions", "Conversations", "Access"],
        ["Web"] = [],
        ["Operations"] = ["Operations/*", "EngineIO/*", "SocketIO/*", "Conversations/*", "Access"],
        ["Operations/Health"] = ["Operations", "EngineIO/Sessions", "Conversations", "Conversations/Storage"],
        ["Operations/AdminUi"] = ["Operations/Operators", .. s_operatorsSources],
        ["Operations/Operators"] = ["Operations", "Operations/Operators/*", .. s_operatorsSources],
        ["Operations/Operators/Clients"] = ["SocketIO", "Conversations/Storage/Files"],
        ["Operations/Operators/Page"] = ["Operations", "Operations/Operators"],
        ["Operations/Operators/Recordings"] = ["Operations/Operators", .. s_operatorsSources],
        ["Operations/Operators/Tables"] =
        [
            "Operations/Operators", "Operations/Operators/Clients", "Operations/Operators/Recordings", .. s_operatorsSources,
        ],
        // Who measures is asked by name, not by class: every part of the program has a meter.
        ["Operations/Telemetry"] = ["Operations"],
        // Nothing of the tools is needed to serve; only the recorded agent may be asked for by its name, and
        // recordings that operators make are written as the recorder writes them.
        ["Tools/Har"] = [],
        ["Tools/Html"] = [],
        ["Tools/RecordedAgent"] = ["Tools/Har", "Conversations/*"],
        ["Tools/Verify"] = ["Tools/Har", "Tools/Verify/*", .. s_wireProtocols],
        ["Tools/Verify/Rest"] = ["Tools/Har"],
        ["Tools/Verify/Wire"] = ["Tools/Har", "Tools/Verify", "Tools/Verify/Rest", .. s_wireProtocols],
        ["Tools/Verify/Play"] = ["Tools/Har", "Tools/Verify", "Tools/Verify/Rest", "Tools/Verify/Wire", .. s_wireProtocols],
        ["Tools/Verify/Compare"] = ["Tools/Har", "Tools/Verify", "Tools/Verify/Rest", "Tools/Verify/Wire", "Tools/Verify/Play"],
        // The rules are rows of the table of features.
        ["Tools/Verify/Rules"] =
            ["Tools/Har", "Tools/Verify", "Tools/Verify/Rest", "Tools/Verify/Wire", "Tools/Verify/Compare", "Tools/Verify/Features"],
        ["Tools/Verify/Features"] = ["Tools/Verify/Rules"],
        ["Tools/Verify/Reports"] = ["Tools/Har", "Tools/Verify", "Tools/Verify/Rest", "Tools/Verify/Compare", "Tools/Verify/Rules"],
        // SocketIO says what a client calls itself, for operators and for this.
        ["Tools/Readiness"] =
        [
            "Tools/Har", "Tools/Html", "Tools/Verify", "Tools/Verify/Features", "Tools/Verify/Rest", "Tools/Verify/Rules", "Tools/Verify/Wire",
            "SocketIO",
        ],
        ["Tools/Corpus"] =
        [
            "Tools/Har", "Tools/Readiness", "Tools/Verify", "Tools/Verify/Compare", "Tools/Verify/Features", "Tools/Verify/Play",
            "Tools/Verify/Wire",
        ],
        // A generator of its own: clients that cost less than the server that is measured.
        ["Tools/Load"] = ["Tools/Load/*"],
        ["Tools/Load/Scenarios"] = ["Tools/Load", "Tools/Load/Sockets"],
        ["Tools/Load/Sockets"] = ["EngineIO/Protocol"],
        ["Tools/Record"] = ["Tools/Har", .. s_wireProtocols],
        ["Tools/Shadow"] = ["Tools/Html", "Tools/Shadow/*", "Tools/Verify/Play"],
        ["Tools/Shadow/Forward"] = ["Tools/Shadow"],
        ["Tools/Shadow/Observe"] = ["Tools/Har", "Tools/Shadow", "Tools/Shadow/Forward", "EngineIO/Protocol"],
        ["Tools/Shadow/Rules"] = ["Tools/Verify/Compare", "Tools/Verify/Rest", "Tools/Verify/Rules"],
        ["Tools/Shadow/Compare"] =
        [
            "Tools/Har", "Tools/Shadow", "Tools/Shadow/Fixtures", "Tools/Shadow/Observe", "Tools/Shadow/Rules", "Tools/Verify",
            "Tools/Verify/*",
        ],
        ["Tools/Shadow/Fixtures"] = ["Tools/Har", "Tools/Record", "Tools/Shadow", "Tools/Shadow/Compare", "Tools/Verify/Wire"],
        ["Tools/Copy"] = ["Conversations", "Conversations/Events", "Conversations/Storage"],
        ["Tools/Import"] = ["Tools/Har", "Tools/Verify", "Tools/Verify/Wire", "Tools/Record"],
        // The bridge's own translation, and what it keeps and asks for of V1: a second one would show another history.
        ["Tools/History"] =
        [
            "Agents/V1/Bridge", "Agents/V1/Rest", "Agents/V1/Translation", "Agents/V1/Upstream", "Conversations", "Conversations/Events",
            "Conversations/Storage", "Tools/Copy", "Tools/History/ToV1", "Tools/Import",
        ],
        // The other direction, in V1's words for states and ids.
        ["Tools/History/ToV1"] = ["Agents/V1/Translation", "Agents/V1/Upstream", "Conversations"],
        ["Hosting"] =
        [
            "EngineIO/*", "SocketIO/*", "Access", "Conversations/*", "Agents/*", "Cluster", "HttpApi/*", "Web", "Operations/*",
            "Tools/RecordedAgent", "Tools/Record", "Hosting/*",
        ],
        // What it knows of settings is read from the options classes; only the agents' names are named.
        ["Hosting/Settings"] = ["Agents", "Operations/Operators"],
        ["Cli"] = ["Hosting/*", "Tools/*", "Conversations/Storage/Postgres"],
        // Program.cs.
        [""] = ["Cli"],
    };

    private static readonly SourceTree s_tree = SourceTree.Read(Repository.PathOf("Gateway"));

    private static string[] s_operatorsSources => ["EngineIO/*", "SocketIO/*", "Conversations/*", "Access"];

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
        allowed == used || (allowed.EndsWith("/*", StringComparison.Ordinal)
            && (used == allowed[..^2] || used.StartsWith(allowed[..^1], StringComparison.Ordinal)));
}
