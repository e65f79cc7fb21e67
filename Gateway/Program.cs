using Gateway.Cli;

namespace Gateway;

/// <summary>Starts what the command line asks for.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(args);
}
