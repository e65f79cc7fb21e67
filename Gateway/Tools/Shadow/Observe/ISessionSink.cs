using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>Gets what is made of the copies, on the tap reader's thread: it must not wait.</summary>
internal interface ISessionSink
{
    /// <summary>A session has begun.</summary>
    void Began(ObservedSession session);

    /// <summary>V0 has answered a session's CONNECT, so that its replay is whole.</summary>
    void Answered(ObservedSession session);

    /// <summary>A session is over.</summary>
    void Ended(ObservedSession session);

    /// <summary>A REST call was answered.</summary>
    void Called(HarEntry call);

    /// <summary>Called now and then.</summary>
    void Sweep(DateTimeOffset time);
}
