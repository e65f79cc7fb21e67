using System.CommandLine;

namespace Gateway.Cli;

/// <summary>What <c>import v0</c> and <c>export v1</c> both ask. Owned by one command.</summary>
internal sealed class HistoryArguments
{
    public Option<string?> Key { get; } = new("--key")
    {
        Description = "The agent-server's key; without it that of the settings (V1__SessionApiKey). It is never shown.",
    };

    public Option<string[]> Conversations { get; } = new("--conversation")
    {
        Description = "The id of one conversation; may be given several times. Without it all are taken.",
    };
}
