using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// Copies one document of JSON, or only compares it: its bytes, whatever they are. What is there and differs is written anew only if the
/// options say so. Immutable.
/// </summary>
internal sealed record DocumentCopy(
    string Name,
    Func<WholeStore, CancellationToken, ValueTask<byte[]?>> Read,
    Func<byte[], string?, CancellationToken, ValueTask<bool>> TryWrite)
{
    public async ValueTask RunAsync(
        string where, WholeStore source, WholeStore target, CopyOptions options, CopyProgress progress, CancellationToken cancellationToken)
    {
        var (ours, theirs) = (await Read(source, cancellationToken), await Read(target, cancellationToken));
        var mayWrite = !options.VerifyOnly && (theirs is null || options.Renew);
        if (ours is not null && mayWrite && !AreSame(ours, theirs))
        {
            // False when somebody else was faster: then the comparison says so.
            await TryWrite(ours, theirs is null ? null : DocumentBytes.Version(theirs), cancellationToken);
            (ours, theirs) = (await Read(source, cancellationToken), await Read(target, cancellationToken));
        }

        if (!AreSame(ours, theirs))
        {
            progress.Report(where, theirs is null ? $"the target has no {Name}" : ours is null
                ? $"the target has {Name}, the source has none"
                : $"the {Name} of the target differ");
        }
        else if (ours is not null)
        {
            progress.AddDocument();
        }
    }

    private static bool AreSame(byte[]? ours, byte[]? theirs) =>
        ours is null ? theirs is null : theirs is not null && ours.AsSpan().SequenceEqual(theirs);
}
