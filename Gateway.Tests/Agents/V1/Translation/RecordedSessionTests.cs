using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>
/// The recorded logs of every version, translated whole: what V0 shows of each is in its <c>v0-events.json</c>, which is made anew by
/// <c>WRITE_DOCS=1</c>.
/// </summary>
public sealed class RecordedSessionTests
{
    public static TheoryData<string> Recordings => new(V1Recording.Names);

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Translate_RecordedLog_GivesTheExpectedV0Events(string name)
    {
        var recording = V1Recording.Load(name);

        var log = new TranslatedLog().Add([.. recording.Log]).Release();

        var path = Path.Combine(recording.Folder, "v0-events.json");
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") is "1")
        {
            File.WriteAllText(path, Lines(log.Events));
        }

        Lines(log.Events).Should().Be(File.ReadAllText(path));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Translate_EndOfLogReleasedWhileItGrows_GivesTheSameEvents(string name)
    {
        var recording = V1Recording.Load(name);
        var whole = new TranslatedLog(name.EndsWith("confirm", StringComparison.Ordinal) ? "AlwaysConfirm" : "NeverConfirm");
        var live = new TranslatedLog((string?)whole.Translator.Context.Confirmation.Policy!["kind"]);

        whole.Add([.. recording.Log]).Release();
        foreach (var v1Event in recording.Log)
        {
            live.Add(v1Event);
            if (live.Translator.ReleaseAfter == TimeSpan.Zero)
            {
                live.Release();
            }
        }

        live.Release();
        Lines(live.Events).Should().Be(Lines(whole.Events));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Translate_RecordedLog_CausesNameEarlierActions(string name)
    {
        var log = new TranslatedLog().Add([.. V1Recording.Load(name).Log]);

        var causes = log.Events.Where(static e => e["cause"] is not null).Select(static e => (Id: (int)e["id"]!, Cause: (int)e["cause"]!));
        causes.Where(pair => pair.Cause >= pair.Id || log.Events[pair.Cause]["action"] is null).Should().BeEmpty();
    }

    /// <summary>One event a line: an addition to the expected log is a line of the diff.</summary>
    private static string Lines(IEnumerable<JObject> events) =>
        "[\n" + string.Join(",\n", events.Select(static e => e.ToString(Formatting.None))) + "\n]\n";
}
