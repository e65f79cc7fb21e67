using System.Net;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Secrets;

/// <summary>V0's secrets over a real server: what is stored, what is shown, and what is refused.</summary>
public sealed class SecretsEndpointsTests : RestTest
{
    private const string Path = "/api/secrets";

    [Theory]
    [InlineData("GET", Path, null, HttpStatusCode.OK, """{"custom_secrets":[]}""")]
    [InlineData("PUT", Path + "/X", """{"name":"X"}""", HttpStatusCode.OK, """{"message":"Secret updated successfully"}""")]
    [InlineData("DELETE", Path + "/X", null, HttpStatusCode.OK, """{"message":"Secret deleted successfully"}""")]
    public async Task Send_NothingStored_IsFineAndWritesNothing(
        string method, string path, string? body, HttpStatusCode status, string expected)
    {
        (await Rest.SendAsync(method, path, body)).Should().Be(new RestAnswer(status, expected, "application/json"));

        File.Exists(SecretsFile).Should().BeFalse();
    }

    [Fact]
    public async Task Post_ANewName_IsStoredAndShownWithoutItsValue()
    {
        (await Rest.PostAsync(Path, """{"name":"A","value":"not-a-secret","description":"d"}""")).Should().Be(
            new RestAnswer(HttpStatusCode.Created, """{"message":"Secret created successfully"}""", "application/json"));

        (await Rest.GetAsync(Path)).Body.Should().Be("""{"custom_secrets":[{"name":"A","description":"d"}]}""");
        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(
            """{"provider_tokens":{},"custom_secrets":{"A":{"secret":"not-a-secret","description":"d"}}}""");
        Host.Log.Lines.Should().NotContain(static line => line.Contains("not-a-secret"));
    }

    [Fact]
    public async Task Put_AnotherName_MovesItToTheEndWithItsValue()
    {
        await Rest.PostAsync(Path, """{"name":"A","value":"a"}""");
        await Rest.PostAsync(Path, """{"name":"B","value":"b","description":"d"}""");

        (await Rest.SendAsync("PUT", Path + "/A", """{"name":"C","value":"ignored","description":"e"}""")).Body
            .Should().Be("""{"message":"Secret updated successfully"}""");

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(
            """{"provider_tokens":{},"custom_secrets":{"B":{"secret":"b","description":"d"},"C":{"secret":"a","description":"e"}}}""");
    }

    /// <summary>Servers before 0.39 stored the value alone; what nobody here knows stays.</summary>
    [Fact]
    public async Task Send_SecretsOfOtherVersions_AreReadAndKept()
    {
        await File.WriteAllTextAsync(SecretsFile,
            """{"custom_secrets":{"OLD":"o","ODD":5},"provider_tokens":{"azure_devops":{"token":"t"}},"newer":{"a":1.50}}""");

        (await Rest.GetAsync(Path)).Body.Should().Be("""{"custom_secrets":[{"name":"OLD","description":""}]}""");
        await Rest.SendAsync("PUT", Path + "/OLD", """{"name":"OLD","description":"d"}""");

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(
            """{"custom_secrets":{"ODD":5,"OLD":{"secret":"o","description":"d"}},"provider_tokens":{"azure_devops":{"token":"t"}},"newer":{"a":1.50}}""");
    }

    [Theory]
    [InlineData("POST", Path, """{"name":"A","value":"x"}""", HttpStatusCode.BadRequest, """{"message":"Secret A already exists"}""")]
    [InlineData("PUT", Path + "/A", """{"name":"B"}""", HttpStatusCode.BadRequest, """{"message":"Secret B already exists"}""")]
    [InlineData("PUT", Path + "/nope", """{"name":"N"}""", HttpStatusCode.NotFound, """{"error":"Secret with ID nope not found"}""")]
    [InlineData("DELETE", Path + "/nope", null, HttpStatusCode.NotFound, """{"error":"Secret with ID nope not found"}""")]
    [InlineData("DELETE", Path + "/a", null, HttpStatusCode.NotFound, """{"error":"Secret with ID a not found"}""")]
    [InlineData("DELETE", Path + "/with%20space%2Fslash", null, HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("PATCH", Path + "/A", null, HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("POST", Path, "{}", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","value"],"msg":"Field required","input":{}}]}""")]
    [InlineData("POST", Path, """{"name":5,"value":null,"description":[]}""", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":5},{"type":"string_type","loc":["body","description"],"msg":"Input should be a valid string","input":[]},{"type":"string_type","loc":["body","value"],"msg":"Input should be a valid string","input":null}]}""")]
    [InlineData("POST", Path, """{"value":"not-a-secret"}""", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{"value":"**********"}}]}""")]
    [InlineData("PUT", Path + "/A", "{}", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["body","name"],"msg":"Field required","input":{}}]}""")]
    public async Task Send_WhatCannotBeDone_IsRefusedAsV0DoesAndChangesNothing(
        string method, string path, string? body, HttpStatusCode status, string expected)
    {
        const string Stored = """{"provider_tokens":{},"custom_secrets":{"A":{"secret":"a","description":""},"B":{"secret":"b","description":""}}}""";
        await File.WriteAllTextAsync(SecretsFile, Stored);

        (await Rest.SendAsync(method, path, body)).Should().Be(new RestAnswer(status, expected, "application/json"));

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(Stored);
    }

    [Theory]
    [InlineData("{\"custom_secrets\":")]
    [InlineData("")]
    [InlineData("[]")]
    public async Task Send_SecretsThatCannotBeRead_Are500AndStay(string content)
    {
        Host.Expect("settings or secrets cannot be read");
        Host.Expect("could not be stored");
        Host.Expect("/api/conversations");
        await File.WriteAllTextAsync(SecretsFile, content);

        (await Rest.GetAsync(Path)).Should().Be(
            new RestAnswer(HttpStatusCode.InternalServerError, "Internal Server Error", "text/plain; charset=utf-8"));
        (await Rest.PostAsync(Path, """{"name":"A","value":"v"}""")).Body.Should().Be("""{"error":"Something went wrong creating secret"}""");
        (await Rest.SendAsync("PUT", Path + "/A", """{"name":"A"}""")).Body.Should().Be("""{"error":"Something went wrong updating secret"}""");
        (await Rest.SendAsync("DELETE", Path + "/A", null)).Body.Should().Be("""{"error":"Something went wrong deleting secret"}""");
        (await Rest.PostAsync("/api/conversations", "{}")).Body.Should().Be("Internal Server Error");

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(content);
        Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Post_StoreThatTakesNothing_Is500WithoutAHalfFile()
    {
        Host.Expect("could not be stored");
        Directory.CreateDirectory(SecretsFile);

        (await Rest.PostAsync(Path, """{"name":"A","value":"not-a-secret"}""")).Should().Be(new RestAnswer(
            HttpStatusCode.InternalServerError, """{"error":"Something went wrong creating secret"}""", "application/json"));

        Directory.GetFileSystemEntries(Store.Root, "*", SearchOption.AllDirectories).Should().Equal(SecretsFile);
        Host.Log.Lines.Should().NotContain(static line => line.Contains("not-a-secret"));
    }

    [Fact]
    public async Task Post_ManyAtOnce_NoneIsLost()
    {
        var names = Enumerable.Range(0, 12).Select(static i => $"S{i}").ToList();

        var answers = await Task.WhenAll(names.Select(name => Rest.PostAsync(
            Path, new JObject { ["name"] = name, ["value"] = "v" }.ToString())));

        answers.Should().OnlyContain(static answer => answer.Status == HttpStatusCode.Created);
        WireJson.Parse((await Rest.GetAsync(Path)).Body)["custom_secrets"]!.Select(static secret => (string?)secret["name"])
            .Should().BeEquivalentTo(names);
    }
}
