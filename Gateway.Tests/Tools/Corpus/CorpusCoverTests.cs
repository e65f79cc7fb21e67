using Gateway.Tests.Support;
using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;

namespace Gateway.Tests.Tools.Corpus;

/// <summary>A small set of recordings that shows all that a corpus shows.</summary>
public sealed class CorpusCoverTests
{
    [Fact]
    public void Find_OverAllRecordings_CoversTheSameFeaturesInFewerBytes()
    {
        var items = FixtureLoader.LoadAll([Repository.PathOf("protocol-fixtures", "v0"), Repository.PathOf("protocol-fixtures", "v0-0.40")])
            .Select(static load => CorpusFiles.ItemOf(load.Fixture!, load.Path, withForms: false))
            .ToList();

        var cover = CorpusCover.Find(items);

        cover.SelectMany(static step => step.Item.Features).Distinct()
            .Should().BeEquivalentTo(items.SelectMany(static item => item.Features).Distinct());
        cover.Should().OnlyContain(static step => step.Added.Count > 0);
        cover.Count.Should().BeLessThan(items.Count / 2);
        cover.Sum(static step => step.Item.Bytes).Should().BeLessThan(items.Sum(static item => item.Bytes) / 2);
    }

    [Fact]
    public void Find_WhatALaterOneCovers_IsLeftOut()
    {
        var cover = CorpusCover.Find([Item("large", "a", "b", "c", "d"), Item("left", "a", "b", "e"), Item("right", "c", "d", "f")]);

        cover.Select(static step => step.Item.Path).Should().BeEquivalentTo("left", "right");
    }

    [Fact]
    public void Find_EquallyGoodOnes_TakesTheSmallest()
    {
        var cover = CorpusCover.Find([Item("one", "a") with { Bytes = 2 }, Item("two", "a") with { Bytes = 1 }]);

        cover.Should().ContainSingle().Which.Item.Path.Should().Be("two");
    }

    private static CorpusItem Item(string path, params string[] features) => new(path, features.ToHashSet(), features.Length);
}
