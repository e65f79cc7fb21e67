namespace Gateway.Conversations.Storage.Files;

/// <summary>What kind of file system a store stands on. Pure.</summary>
internal static class LocalDrive
{
    /// <summary>
    /// Whether the kernel tells of what everybody does there: of what other machines do on a network's file system it tells nothing.
    /// </summary>
    public static bool TellsOfOthers(string root)
    {
        try
        {
            var drive = new DriveInfo(root);
            return drive.DriveType != DriveType.Network
                && !drive.DriveFormat.Contains("fuse", StringComparison.Ordinal)
                    && !drive.DriveFormat.Contains('9', StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
