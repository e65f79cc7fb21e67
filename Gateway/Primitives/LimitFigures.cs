namespace Gateway.Primitives;

/// <summary>How full a limit for each key is at one moment.</summary>
/// <param name="FullestKey">What the key that comes closest to its limit has of it, from 0 to 1.</param>
/// <param name="Table">How full the table of keys is, from 0 to 1; at 1 new keys are not limited.</param>
internal readonly record struct LimitFigures(double FullestKey, double Table);
