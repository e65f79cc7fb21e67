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
            ledger.Joined(Kind($"library{i}"));
        }

        ledger.Seen.Should().HaveCount(11);
        ledger.Seen.Single(static seen => seen.Kind == ClientKind.Other).Connects.Should().Be(15);
        ledger.Days.Single().V0.Should().Be(25);
    }

    [Fact]
    public void Load_WhatWasSaved_GoesOnFromThere()
    {
        var first = New();
        first.Joined(Kind("one"));
        first.CountV1(3, open: 0);
        first.Left(Kind("one"));
        var firstSeen = first.Seen.Single().FirstSeen;
        first.Save();
        _clock.Advance(TimeSpan.FromDays(1));

        var second = New();
        second.Joined(Kind("one"));
        second.Load();

        var seen = second.Seen.Single();
        (seen.Connects, seen.FirstSeen).Should().Be((2, firstSeen));
        seen.LastSeen.Should().Be(firstSeen + TimeSpan.FromDays(1));
        second.Days.Select(static day => (day.V0, day.V1)).Should().Equal((1, 3), (1, 0));
        second.Days[0].Share.Should().Be(0.25);
    }

    /// <summary>A client that stays over midnight uses V0 today as well, and was last seen now.</summary>
    [Fact]
    public void Days_OfClientsThatStay_CountThemOnEachDay()
    {
        var ledger = New();
        ledger.Joined(Kind("stays"));
        ledger.Joined(Kind("stays"));
        ledger.Joined(Kind("leaves"));
        ledger.CountV1(2, open: 1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        ledger.Left(Kind("leaves"));
        var left = _clock.GetUtcNow();

        _clock.Advance(TimeSpan.FromDays(1));
        ledger.Joined(Kind("stays"));
        ledger.Left(Kind("stays"));

        ledger.Days.Select(static day => (day.V0, day.V1)).Should().Equal((3, 2), (3, 1));
        ledger.Seen.Select(static seen => (seen.Kind.Library, seen.LastSeen)).Should().Equal(
            ("stays", _clock.GetUtcNow()), ("leaves", left));

        ledger.Left(Kind("stays"));
        ledger.Left(Kind("stays"));
        ledger.CountV1(0, open: 0);
        _clock.Advance(TimeSpan.FromDays(1));
        ledger.Days.Should().HaveCount(2, "nobody was here since");
        ledger.Seen[0].LastSeen.Should().Be(_clock.GetUtcNow() - TimeSpan.FromDays(1));
    }

    /// <summary>Nobody comes and goes: the file still learns that they are here, and is not written each time.</summary>
    [Fact]
    public void Save_WhileClientsStay_IsDoneNowAndThen()
    {
        var ledger = New();
        ledger.Joined(Kind("stays"));
        ledger.Save();
        var first = File.ReadAllText(PathOf());

        _clock.Advance(TimeSpan.FromMinutes(9));
        ledger.Save();
        File.ReadAllText(PathOf()).Should().Be(first);
        _clock.Advance(TimeSpan.FromMinutes(1));
        ledger.Save();

        var read = New();
        read.Load();
        read.Seen.Single().LastSeen.Should().Be(_clock.GetUtcNow());
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
        ledger.Joined(Kind("one"));
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
