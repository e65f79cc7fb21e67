using Gateway.Operations.Operators.Clients;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Operations.Operators;

/// <summary>Which clients were seen: counted within bounds, kept in a file, and nothing of a damaged file lost.</summary>
public sealed class ClientLedgerTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();
    private readonly FakeTimeProvider _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Count_MoreKindsThanAreToldApart_AreCountedTogether()
    {
        var ledger = New(maxKinds: 10);
        for (var i = 0; i < 25; i++)
        {
            ledger.Count(Kind($"library{i}"));
        }

        ledger.Seen.Should().HaveCount(11);
        ledger.Seen.Single(static seen => seen.Kind == ClientKind.Other).Connects.Should().Be(15);
        ledger.Days.Single().V0.Should().Be(25);
    }

    [Fact]
    public void Load_WhatWasSaved_GoesOnFromThere()
    {
        var first = New();
        first.Count(Kind("one"));
        first.CountV1(3);
        var firstSeen = first.Seen.Single().FirstSeen;
        first.Save();
        _clock.Advance(TimeSpan.FromDays(1));

        var second = New();
        second.Count(Kind("one"));
        second.Load();

        var seen = second.Seen.Single();
        (seen.Connects, seen.FirstSeen).Should().Be((2, firstSeen));
        seen.LastSeen.Should().Be(firstSeen + TimeSpan.FromDays(1));
        second.Days.Select(static day => (day.V0, day.V1)).Should().Equal((1, 3), (1, 0));
        second.Days[0].Share.Should().Be(0.25);
    }

    [Theory]
    [InlineData("{\"clients\":")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Load_AFileThatIsNoList_IsPutAside(string content)
    {
        File.WriteAllText(PathOf(), content);
        var ledger = New();

        ledger.Load();
        ledger.Count(Kind("one"));
        ledger.Save();

        Directory.EnumerateFiles(_folder.Root, "clients.json.damaged-*").Select(File.ReadAllText).Should().Equal(content);
        New().Seen.Should().BeEmpty();
        var read = New();
        read.Load();
        read.Seen.Should().ContainSingle();
    }

    private static ClientKind Kind(string library) => new(library, "", "4", "websocket", "program", "conversation_id");

    private ClientLedger New(int maxKinds = 500) => new(PathOf(), maxKinds, _clock, NullLogger<ClientLedger>.Instance);

    private string PathOf() => _folder.PathOf("clients.json");
}
