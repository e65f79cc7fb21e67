using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gateway drain</c>: asks a running gateway for what SIGTERM asks for, from outside.</summary>
internal static class DrainCommand
{
    public static Command Create()
    {
        var gateway = new OperatorsArguments();
        var command = new Command(
            "drain",
            "Stops a running gateway in order: nobody new comes in, its clients are let go over Engine:StopSpread, and what was heard is "
            + "stored. Done when the gateway has taken it on. Exit code 2 when it cannot be asked.")
        {
            gateway.Url, gateway.Key,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = await gateway.TryOpenAsync(parsed);
            if (client is null)
            {
                return Terminal.CouldNotRun;
            }

            try
            {
                await client.PostAsync("drain", cancellationToken);
                await Console.Out.WriteLineAsync("It lets its clients go, and ends.");
                return 0;
            }
            catch (OperatorsException exception)
            {
                return await Terminal.RefuseAsync("drain", exception.Message);
            }
        });
        return command;
    }
}
