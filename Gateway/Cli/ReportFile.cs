namespace Gateway.Cli;

/// <summary>A file that is to be written at the end of a run. Stateless; any thread.</summary>
internal static class ReportFile
{
    /// <summary>Why it cannot be written, before the run begins; null when it can. A file that is there stays as it is.</summary>
    public static string? FindProblem(FileInfo file)
    {
        try
        {
            var isNew = !file.Exists;
            using (file.Open(FileMode.OpenOrCreate, FileAccess.Write))
            {
                // Opening it is the whole question.
            }

            if (isNew)
            {
                file.Delete();
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }
}
