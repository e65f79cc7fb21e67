using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gateway corpus</c>: what is done to recordings as files.</summary>
internal static class CorpusCommand
{
    public static Command Create() => new("corpus", "Works on recordings: fewer of them, shorter ones, and such as can be given away.")
    {
        CorpusMinimiseCommand.Create(), CorpusShrinkCommand.Create(), CorpusAnonymiseCommand.Create(),
    };
}
