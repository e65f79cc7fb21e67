using Gateway.Cluster;
using Gateway.Conversations.Storage;

using Microsoft.Extensions.Options;

namespace Gateway.Tests.Cluster;

public sealed class ClusterOptionsTests
{
    private const string Secret = "a secret of more than thirty-two characters";

    [Theory]
    [InlineData("", "", "Files", null)]
    [InlineData("http://10.0.0.3:3000", Secret, "Postgres", null)]
    [InlineData("https://gateway-3.internal", Secret, "Postgres", null)]
    [InlineData("http://10.0.0.3:3000", Secret, "Files", "must be Postgres")]
    [InlineData("http://10.0.0.3:3000", "", "Postgres", "set together")]
    [InlineData("", Secret, "Postgres", "set together")]
    [InlineData("http://10.0.0.3:3000", "too short", "Postgres", "at least 32")]
    [InlineData("10.0.0.3:3000", Secret, "Postgres", "of the form")]
    [InlineData("ftp://10.0.0.3", Secret, "Postgres", "of the form")]
    [InlineData("http://10.0.0.3:3000/path", Secret, "Postgres", "of the form")]
    [InlineData("http://user@10.0.0.3:3000", Secret, "Postgres", "of the form")]
    public void Validate_Settings_NamesWhatIsWrong(string address, string secret, string kind, string? problem)
    {
        var validator = new ClusterOptionsValidator(Options.Create(new StorageOptions { Kind = Enum.Parse<StorageKind>(kind) }));

        var result = validator.Validate(null, new ClusterOptions { Address = address, Secret = secret });

        result.Failed.Should().Be(problem is not null, result.FailureMessage);
        if (problem is not null)
        {
            result.FailureMessage.Should().Contain(problem).And.NotContain("thirty-two").And.NotContain("too short");
        }
    }
}
