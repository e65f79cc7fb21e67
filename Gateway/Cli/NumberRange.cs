using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Gateway.Cli;

/// <summary>The ranges of numbers that options take, and the one way to say that a number is not in its range. Stateless.</summary>
internal static class NumberRange
{
    /// <summary>In each line that says so: it needs no other help.</summary>
    public const string Words = "it is to be from";

    /// <summary>The option refuses what is out of the range, both ends within.</summary>
    public static Option<T> Within<T>(this Option<T> option, T least, T most)
        where T : struct, INumber<T>
    {
        Check(option, least, most);
        return option;
    }

    /// <summary>As for an option that has a value always.</summary>
    public static Option<T?> Within<T>(this Option<T?> option, T least, T most)
        where T : struct, INumber<T>
    {
        Check(option, least, most);
        return option;
    }

    /// <summary>What is wrong with a number whose range depends on other options; null when it is in its range.</summary>
    public static string? FindProblem<T>(Option option, T value, T least, T most)
        where T : struct, INumber<T> =>
        FindProblem(option, string.Create(CultureInfo.InvariantCulture, $"{value}"), value, least, most);

    // What is no number at all is the parser's to say.
    private static void Check<T>(Option option, T least, T most)
        where T : struct, INumber<T> =>
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && T.TryParse(text, CultureInfo.InvariantCulture, out var value)
                && FindProblem(option, text, value, least, most) is { } problem)
            {
                result.AddError(problem);
            }
        });

    // Neither is true of what is no number.
    private static string? FindProblem<T>(Option option, string text, T value, T least, T most)
        where T : struct, INumber<T> =>
        value >= least && value <= most
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {text}; {Words} {least} to {most}");
}
