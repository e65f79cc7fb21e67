namespace Gateway.Tools.Verify.Play;

/// <summary>What a player tells of the time that a target takes.</summary>
internal enum PlayMeasure
{
    /// <summary>A session is opened: the handshake.</summary>
    Open,

    /// <summary>From a step of the client's until all has come that the recorded server had sent before the next one.</summary>
    Owed,

    /// <summary>A REST call, with its whole answer.</summary>
    Rest,
}

/// <summary>Is told how long things took. Called from any thread.</summary>
internal interface IPlayMeasures
{
    /// <param name="isDone">False: it failed, or did not come in time.</param>
    void Took(PlayMeasure measure, TimeSpan time, bool isDone);
}
