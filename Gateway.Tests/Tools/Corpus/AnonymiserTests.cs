using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Corpus;

/// <summary>A masked recording says nothing of its users, and verify says the same of it.</summary>
public sealed class AnonymiserTests
{
    private static readonly byte[] s_key = [1, 2, 3, 4];

    [Theory]
    [InlineData("v0/message-live")]
    [InlineData("v0/replay-full")]
    [InlineData("v0/polling-upgrade")]
    [InlineData("v0/key-refusals")]
    [InlineData("v0/unicode-and-big")]
    [InlineData("v0/ui-upload-file")]
    [InlineData("v0-0.40/replay-full")]
    public async Task Run_ARecording_IsVerifiedAsItsOriginal(string name)
    {
        using var folder = TempStore.Empty();
        var original = FixtureLoader.LoadAll([Verification.PathOf(name)]).Single().Fixture!;
        var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(5), Jobs: 1);

        using var anonymiser = new Anonymiser(new InProcessTargets(), options, s_key, TimeProvider.System);

        var made = await anonymiser.RunAsync([("one", original)], folder.Root, static _ => { }, CancellationToken.None)
            .WaitAsync(TestLimits.Slow);

        made.Should().ContainSingle().Which.Problem.Should().BeNull();
        (await Verification.InProcessAsync(folder.PathOf("one"))).ShouldBeEqual();
        var ids = original.Recordings.Sessions.Select(static session => session.Parameter("conversation_id")).OfType<string>()
            .Where(static id => id.Length == 32).Distinct();
        var text = File.ReadAllText(folder.PathOf("one", "session.har"));
        ids.Should().AllSatisfy(id => text.Should().NotContain(id));
        var length = new FileInfo(original.HarPath).Length;
        text.Length.Should().BeInRange((int)(length * 0.7), (int)(length * 1.1));
    }

    [Fact]
    public void Map_Words_KeepsLengthKindAndBeginningAndConfusesNone()
    {
        var words = new WordMap(s_key);
        string[] given = ["hello", "hellos", "help", "Hello", "a1b2", "größe", "日本語", "x", "y"];

        var mapped = given.Select(word => words.Map(word)).ToList();

        mapped.Should().OnlyHaveUniqueItems();
        mapped.Zip(given).Should().AllSatisfy(static pair =>
        {
            pair.First.Should().NotBe(pair.Second).And.HaveLength(pair.Second.Length);
            System.Text.Encoding.UTF8.GetByteCount(pair.First).Should().Be(System.Text.Encoding.UTF8.GetByteCount(pair.Second));
        });
        words.Map("hellos")[..5].Should().Be(words.Map("hello"));
        words.Map("0a9f0a9f0a9f0a9f", isHex: true).Should().MatchRegex("^[0-9a-f]{16}$");
    }

    [Fact]
    public void Mask_Json_KeepsItsFormAndMasksItsTexts()
    {
        const string Json = """
            {"action": "message", "args":{"content":"Call Jane\n2 times \u00e9t\u00e9", "n" : 5.50}, "env":{"TOKEN_OF_JANE":"s"}}
            """;

        var masked = new JsonMask(new TextMask(new WordMap(s_key))).Mask(Json);

        masked.Should().HaveLength(Json.Length).And.StartWith("{\"action\": \"message\", \"args\":{\"content\":\"")
            .And.Contain("5.50").And.NotContain("Jane").And.NotContain("JANE").And.NotContain("\\u00e9t");
        JObject.Parse(masked)["args"]!.Value<string>("content").Should().Contain("\n2 ");
    }

    [Fact]
    public void Mask_TimesAndWhatARecorderPut_Stay()
    {
        var texts = new TextMask(new WordMap(s_key));

        const string Kept = "2026-01-02T03:04:05.678901 redacted-3 STATUS$READY 42 Invalid session None";
        texts.Mask(Kept).Should().Be(Kept);
        texts.Learn("Welcome").Should().BeTrue();
        texts.Mask("Welcome").Should().Be("Welcome");
    }

    [Fact]
    public void Mask_AKeyThatWasCrossedOut_StaysCrossedOut()
    {
        var texts = new TextMask(new WordMap(s_key));

        texts.Mask("phc_xxxxxxxxxxxx").Should().MatchRegex("^[a-z]{3}_x{12}$").And.NotStartWith("phc");
        texts.Mask("secretxxxxxxxx").Should().MatchRegex("^[a-z]{6}x{8}$").And.NotStartWith("secret");
    }

    [Fact]
    public void Mask_AForm_KeepsWhatDividesItAndMasksNamesAndTexts()
    {
        const string Form = "------Boundary7\r\nContent-Disposition: form-data; name=\"files\"; filename=\"jane.doc\"\r\n"
            + "Content-Type: text/plain\r\n\r\nCall Jane\r\n------Boundary7--\r\n";
        var texts = new TextMask(new WordMap(s_key));
        var boundary = MultipartMask.BoundaryOf("multipart/form-data; boundary=----Boundary7");

        var masked = new MultipartMask(texts, new JsonMask(texts)).Mask(Form, boundary!);

        masked.Should().Be(Form.Replace("jane.doc", texts.Mask("jane.doc")).Replace("Call Jane", texts.Mask("Call Jane")))
            .And.NotContain("jane").And.NotContain("Jane");
        MultipartMask.BoundaryOf("application/json").Should().BeNull();
    }

    [Fact]
    public void Mask_AFeedback_IsStillOne()
    {
        var masked = new JsonMask(new TextMask(new WordMap(s_key)))
            .Mask("""{"polarity":"negative","permissions":"private","email":"jane@home"}""");

        masked.Should().StartWith("""{"polarity":"negative","permissions":"private",""").And.NotContain("jane");
    }

    [Fact]
    public void Write_ValidatorsOfFiles_AreReplacedByTheSameOnes()
    {
        using var folder = TempStore.Empty();
        var original = FixtureLoader.LoadAll([Verification.PathOf("v0/rest-static")]).Single().Fixture!;

        new FixtureMask(new TextMask(new WordMap(s_key))).Write(original, folder.PathOf("one"));

        var (before, after) = (Headers(original.HarPath), Headers(folder.PathOf("one", "session.har")));
        before.Should().HaveSameCount(after).And.Contain(static header => header.Name == "if-none-match");
        var pairs = before.Zip(after).Select(static pair => (pair.First.Value, Other: pair.Second.Value)).Distinct().ToList();
        pairs.Should().OnlyHaveUniqueItems(static pair => pair.Value);
        pairs.Should().AllSatisfy(static pair => pair.Other.Should().NotBe(pair.Value).And.MatchRegex("^\"[0-9a-f]{32}\"$"));
    }

    [Fact]
    public void Write_AddressesWithEscapes_KeepTheirServer()
    {
        using var folder = TempStore.Empty();
        var original = FixtureLoader.LoadAll([Verification.PathOf("v0/rest-errors")]).Single().Fixture!;

        new FixtureMask(new TextMask(new WordMap(s_key))).Write(original, folder.PathOf("one"));

        var masked = FixtureLoader.LoadAll([folder.PathOf("one")]).Single().Fixture!;
        var before = original.Recordings.OtherRequests.Select(static entry => entry.Url).ToList();
        var after = masked.Recordings.OtherRequests.Select(static entry => entry.Url).ToList();
        after.Select(static url => url.Authority).Should().Equal(before.Select(static url => url.Authority));
        before.Should().Contain(static url => url.AbsolutePath.EndsWith("/%C3%BC"));
        after.Should().NotContain(static url => url.AbsolutePath.EndsWith("/%C3%BC"))
            .And.Contain(static url => url.AbsolutePath.StartsWith("/api/conversations/%C3%"));
    }

    [Fact]
    public void Learn_AWordThatStandsForAnother_StaysOnlyWhereItsOwnMaskWasRecorded()
    {
        var texts = new TextMask(new WordMap(s_key));
        var (own, said) = ("kept", texts.Mask("said"));
        var masked = texts.Mask($"{own} 20250514 {said}");
        own = texts.Mask(own);

        // What the mask of one word is, is a word that the server says of itself, and one that it repeats.
        texts.Mask(own);
        texts.Learn($"20250514 {said} {own}", masked).Should().BeTrue();
        texts.Mask("20250514").Should().Be("20250514");
        texts.Mask(own).Should().NotBe(own);
        texts.Learn(own, texts.Mask(own)).Should().BeTrue();
        texts.Mask(own).Should().Be(own);
    }

    [Theory]
    [InlineData("MQ==", true)]
    [InlineData("eyJ2MCI6ICJNakE9IiwgInYxIjogbnVsbH0%3D", true)]
    [InlineData("xyz", false)]
    [InlineData("amFuZQ==", false)]
    [InlineData("eyJuYW1lIjoiSmFuZSJ9", false)]
    public void PageId_OfNumbersAlone_HoldsNothingOfAUser(string id, bool isOfNumbers) => PageId.IsOfNumbers(id).Should().Be(isOfNumbers);

    private static List<(string Name, string Value)> Headers(string har) =>
    [
        .. JObject.Parse(File.ReadAllText(har)).SelectTokens("$..headers[*]")
            .Select(static header => (Name: header.Value<string>("name")!.ToLowerInvariant(), Value: header.Value<string>("value")!))
            .Where(static header => header.Name is "etag" or "if-none-match"),
    ];
}
