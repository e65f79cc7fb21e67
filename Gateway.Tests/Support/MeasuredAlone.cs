namespace Gateway.Tests.Support;

/// <summary>
/// Tests that run alone: they measure the heap, where what others allocate would count, or they play by the clock of the machine what was
/// recorded on a quiet one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Alone";
}
