using Gateway.Access;
using Gateway.Conversations;

namespace Gateway.Tests.Access;

/// <summary>What a store calls a user whom others have named.</summary>
public sealed class UserNamesTests
{
    [Theory]
    [InlineData("ann", "ann")]
    [InlineData(" ann ", "ann")]
    [InlineData("7f3c-Ann_2", "7f3c-Ann_2")]
    [InlineData("", null)]
    [InlineData(" ", null)]
    [InlineData(null, null)]
    public void ForStore_OfAPlainName_IsThatName(string? name, string? stored) => UserNames.ForStore(name).Should().Be(stored);

    [Theory]
    [InlineData("ann@example.org")]
    [InlineData("auth0|123")]
    [InlineData("../../etc")]
    [InlineData("..")]
    [InlineData("Änne")]
    public void ForStore_OfAnyOtherName_IsAFolderOfItsOwn(string name)
    {
        var stored = UserNames.ForStore(name);

        ConversationId.TryParse(stored, out _).Should().BeTrue();
        stored.Should().NotBe(UserNames.ForStore(name + "x")).And.StartWith("u-");
        UserNames.ForStore(stored).Should().NotBe(stored, "nobody may take another's folder by naming it");
    }

    [Fact]
    public void ForStore_OfANameThatIsTooLong_IsShort() =>
        ConversationId.TryParse(UserNames.ForStore(new string('a', 4_000)), out _).Should().BeTrue();
}
