using Gateway.Conversations.Storage.Postgres;

using Npgsql;

namespace Gateway.Tests.Conversations.Storage.Postgres;

public sealed class PostgresConnectionStringTests
{
    [Theory]
    [InlineData("postgres://u:p%40w@db/chats", "Host=db;Username=u;Password=p@w;Database=chats")]
    [InlineData("postgresql://u@db:6432/chats?sslmode=verify-full", "Host=db;Port=6432;Username=u;Database=chats;SSL Mode=VerifyFull")]
    [InlineData("postgres://db", "Host=db")]
    [InlineData("postgres://u@%2Fvar%2Frun%2Fpg/chats", "Host=/var/run/pg;Username=u;Database=chats")]
    [InlineData("postgres://u@[::1]:5433/chats", "Host=::1;Port=5433;Username=u;Database=chats")]
    [InlineData("postgres://a:5433,b:5434/chats?target_session_attrs=read-write",
        "Host=a:5433,b:5434;Database=chats;Target Session Attributes=read-write")]
    [InlineData("postgres:///chats?host=db&connect_timeout=3", "Host=db;Database=chats;Timeout=3")]
    [InlineData("Host=db;Username=u;Password=p", "Host=db;Username=u;Password=p")]
    public void TryParse_SoundText_IsRead(string text, string expected)
    {
        PostgresConnectionString.TryParse(text, out var parsed).Should().BeNull();

        parsed.EquivalentTo(new NpgsqlConnectionStringBuilder(expected)).Should().BeTrue(parsed.ToString());
    }

    [Theory]
    [InlineData("secret", "not known")]
    [InlineData("Host=db;Secret=secret", "not known")]
    [InlineData("Host=db;Port=secret", "not known")]
    [InlineData("postgres://u:secret@db:secret/x", "not known")]
    [InlineData("postgres://u:secret@db/x?secret", "without a value")]
    [InlineData("postgres://u:secret@db/x?secret=secret", "not known")]
    [InlineData("Username=secret", "names no host")]
    [InlineData("postgres:///secret", "names no host")]
    public void TryParse_WrongText_SaysWhyAndNothingOfIt(string text, string expected)
    {
        PostgresConnectionString.TryParse(text, out _).Should().Contain(expected).And.NotContain("secret");
    }

    [Fact]
    public void SecretsIn_AUrl_AreItselfAndItsPassword() =>
        PostgresConnectionString.SecretsIn("postgres://u:p%40w@db").Should().Equal("postgres://u:p%40w@db", "p@w");
}
