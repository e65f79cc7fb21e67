using Gateway.Agents.V1.Translation;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>Kinds out of a server's OpenAPI document.</summary>
public sealed class ServerKindsTests
{
    [Fact]
    public void Read_Document_GivesTheMembersOfTheUnionsAndWhatIsCalledLikeThem()
    {
        var kinds = ServerKinds.Read(OpenApiDocument.With("DreamEvent", "DreamAction", "DreamObservation"));

        kinds.Where(static kind => !kind.IsKnown).Should().Equal(
            new ServerKind("event", "DreamEvent", false),
            new ServerKind("action", "DreamAction", false),
            new ServerKind("observation", "DreamObservation", false));
        kinds.Should().Contain(new ServerKind("event", "UserRejectObservation", true));
        kinds.Should().Contain(new ServerKind("event", "Condensation", true));
        kinds.Should().Contain(new ServerKind("action", "TerminalAction", true), "it is in no union, and called like an action");
        kinds.Should().NotContain(static kind => kind.Name == "Agent" || kind.Name == "LocalWorkspace");
        kinds.Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"components":[]}""")]
    [InlineData("""{"components":{"schemas":{"Event":{"type":"object"},"Pet":{"properties":{"kind":{"const":"Dog"}}}}}}""")]
    // One that refers to itself.
    [InlineData("""{"components":{"schemas":{"Event":{"oneOf":[{"$ref":"#/components/schemas/Event"}]}}}}""")]
    public void Read_DocumentOfAnotherServer_IsNothing(string document) =>
        ServerKinds.Read(JObject.Parse(document)).Should().BeEmpty();
}
