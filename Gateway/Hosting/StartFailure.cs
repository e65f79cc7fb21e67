using System.Net.Sockets;
using System.Security.Cryptography;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>Says in one line each why the program does not start: an operator acts on a reason, not on a stack. Pure.</summary>
internal static class StartFailure
{
    public static IEnumerable<string> Describe(Exception exception) => exception switch
    {
        OptionsValidationException invalid => invalid.Failures.Select(OneLine),
        SocketException refused => [$"cannot listen on {OneLine(refused.Message)}"],

        // Kestrel reads no other keys at start, and does not say which file it was.
        CryptographicException => [OneLine($"a certificate or key of the Kestrel settings cannot be read: {exception.Message}")],

        // What stands in the way is said by the innermost one: which line of a settings file, which error of a certificate.
        { InnerException: { } } => [OneLine($"{exception.Message.TrimEnd('.')}: {exception.GetBaseException().Message}")],
        IOException or UnauthorizedAccessException or InvalidOperationException or FormatException => [OneLine(exception.Message)],
        _ => [OneLine($"{exception.GetType().Name}: {exception.Message}")],
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd();
}
