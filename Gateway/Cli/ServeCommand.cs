using Gateway.Hosting;

using Microsoft.Extensions.Options;

namespace Gateway.Cli;

/// <summary>The main job: serve until told to stop. Bad settings end it with one line for each.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = GatewayApp.Build(args);
            await app.RunAsync();
            return 0;
        }
        catch (OptionsValidationException exception)
        {
            foreach (var failure in exception.Failures)
            {
                await Console.Error.WriteLineAsync($"gateway: {failure}");
            }

            return 2;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or FormatException)
        {
            // The address is in use, not ours, or no address; a settings file that cannot be read.
            await Console.Error.WriteLineAsync($"gateway: {exception.Message}");
            return 2;
        }
    }
}
