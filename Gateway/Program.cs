using Gateway.Cli;

namespace Gateway;

/// <summary>Picks a command: the first word, or <c>serve</c> when there is none.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        ["serve", .. var rest] => ServeCommand.RunAsync(rest),
        ["verify", .. var rest] => VerifyCommand.Create().Parse(rest).InvokeAsync(),
        ["record", .. var rest] => RecordCommand.Create().Parse(rest).InvokeAsync(),
        ["import", .. var rest] => ImportCommand.Create().Parse(rest).InvokeAsync(),
        _ => ServeCommand.RunAsync(args),
    };
}
