using System.IO.Pipelines;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// The rest of a body that was refused for its length. Most clients write all of it before they read the answer. A connection that the
/// server closes while bytes come in is reset, and the answer is lost with it; so they are taken in, for a short time, and thrown away.
/// Stateless; any thread.
/// </summary>
internal static class UnreadBody
{
    // As long as the server itself takes in what an answered request has left.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Sends the answer, which must be complete, and returns when the client has sent its body, has left, or has had its time.
    /// </summary>
    public static async Task DiscardAsync(HttpContext context, TimeProvider timeProvider)
    {
        // A body without a length cannot be read on from where it became too long: the server has ended it.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is not { IsReadOnly: false } size)
        {
            return;
        }

        size.MaxRequestBodySize = null;
        var reader = context.Request.BodyReader;
        using var limit = new CancellationTokenSource(s_limit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);

        // A read that is given up by a token leaves the server's reader in a state in which it cannot be asked again.
        await using var giveUp = stop.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        try
        {
            await context.Response.CompleteAsync();
            ReadResult read;
            do
            {
                read = await reader.ReadAsync(CancellationToken.None);
                reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !read.IsCanceled);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ConnectionResetException)
        {
            // The client has left with its answer, or without it.
        }
    }
}
