namespace Gateway.Tests.Support;

/// <summary>Tests that measure the heap run alone: what others allocate meanwhile would count.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Memory";
}
