using System.CommandLine;

using Gateway.Hosting;
using Gateway.Tools.Copy;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway storage copy</c>: moves a whole store into another one, or compares two. Owns its options; made once for a run.
/// </summary>
internal sealed class StorageCopyCommand
{
    private const int NotTheSame = 1;
    private const int DefaultJobs = 8;
    private const int MaxJobs = 64;

    private readonly Option<string> _from = new("--from")
    {
        Description = "The store to copy: files:PATH or postgres:CONNECTIONSTRING. Nothing is changed in it. "
            + "Without a path it is that of the settings (FILE_STORE_PATH), without a connection string that of DATABASE_URL: "
            + "give it there, since a command line can be read by every user of the machine.",
        Required = true,
    };

    private readonly Option<string> _to = new("--to")
    {
        Description = "Where to, in the same way. What is there stays: something else in the same place is reported and not overwritten.",
        Required = true,
    };

    private readonly Option<bool> _verifyOnly = new("--verify-only") { Description = "Write nothing; compare." };

    private readonly Option<bool> _renew = new("--renew")
    {
        Description = "Write metadata, settings, secrets and journals that differ anew from the source: for a second run, "
            + "after the source was served on. Events are never overwritten."
    };

    private readonly Option<int> _jobs = new Option<int>("--jobs")
    {
        Description = $"Conversations at one time, 1 to {MaxJobs}.",
        DefaultValueFactory = static _ => DefaultJobs,
    }.Within(1, MaxJobs);

    public static Command Create()
    {
        var copy = new StorageCopyCommand();
        var command = new Command(
            "copy",
            "Copies a whole store: every conversation of every user with its events, metadata and journals, and settings and secrets; "
            + "and compares both sides. Stop the gateway that serves the source first. Stopped at any moment, it goes on when it is run "
            + "again. Exit code 0: all is the same on both sides; 1: something was not moved or differs, each told in a line; 2: it could "
            + "not run.")
        {
            copy._from, copy._to, copy._verifyOnly, copy._renew, copy._jobs,
        };
        command.SetAction(copy.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new CopyOptions(parsed.GetValue(_verifyOnly), parsed.GetValue(_renew), parsed.GetValue(_jobs));
        if (options.VerifyOnly && options.Renew)
        {
            return await RefuseAsync("--verify-only writes nothing, and --renew does: give one of them");
        }

        // Each conversation has one call at a time on either side, and so has the list of them.
        var connections = options.Jobs + 1;
        var (source, problem) = await OpenedStore.OpenAsync(
            parsed.GetRequiredValue(_from), mayMake: false, connections, cancellationToken);
        if (source is null)
        {
            return await RefuseAsync($"--from: {problem}");
        }

        await using (source)
        {
            (var target, problem) = await OpenedStore.OpenAsync(
                parsed.GetRequiredValue(_to), mayMake: !options.VerifyOnly, connections, cancellationToken);
            if (target is null)
            {
                return await RefuseAsync($"--to: {problem}");
            }

            await using (target)
            {
                return source.Place == target.Place ? await RefuseAsync("--from and --to are the same store")
                    : IsWithin(source.Place, target.Place) || IsWithin(target.Place, source.Place)
                        ? await RefuseAsync("--from and --to lie within one another")
                    : await RunAsync(source, target, options, cancellationToken);
            }
        }
    }

    /// <summary>Of two folders.</summary>
    private static bool IsWithin(string inner, string outer) =>
        inner.StartsWith(Path.TrimEndingDirectorySeparator(outer) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static async Task<int> RunAsync(
        OpenedStore source, OpenedStore target, CopyOptions options, CancellationToken cancellationToken)
    {
        var display = new CopyDisplay(options.VerifyOnly, TimeProvider.System);
        var copier = new StoreCopier(source.Store, target.Store, options, display.Progress);
        string? failure = null;
        using (display.Begin())
        {
            try
            {
                await copier.RunAsync(cancellationToken);
            }
            catch (IOException exception)
            {
                failure = exception.Message;
            }
        }

        display.WriteSummary(failure);
        return failure is null && display.Progress.Problems == 0 ? 0 : NotTheSame;
    }

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("storage copy", problem);
}
