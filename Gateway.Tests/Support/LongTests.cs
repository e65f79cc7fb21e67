namespace Gateway.Tests.Support;

/// <summary>
/// How long a test that repeats itself goes on. By default it repeats as often as the whole test command has time for; with
/// <c>GATEWAY_LONG_TESTS=1</c> in the environment as often as the defect that it stands for once needed to show.
/// </summary>
internal static class LongTests
{
    public static bool AreAsked { get; } = Environment.GetEnvironmentVariable("GATEWAY_LONG_TESTS") == "1";

    public static T Scale<T>(T byDefault, T asked) => AreAsked ? asked : byDefault;
}
