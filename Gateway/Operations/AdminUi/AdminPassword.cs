using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Operations.AdminUi;

/// <summary>
/// Checks what somebody signs in with. A check takes the time that bcrypt is made to take, on a thread of the pool, two at a time; when
/// more than a few wait, who comes is refused. Any thread.
/// </summary>
internal sealed partial class AdminPassword(string username, string hash) : IDisposable
{
    private const int AtOnce = 2;
    private const int MaxWaiting = 16;
    private const int HighestCost = 14;

    // bcrypt looks at no more; what is longer is no password of anybody's.
    private const int MaxPassword = 72;

    private readonly SemaphoreSlim _checking = new(AtOnce);
    private int _waiting;

    public static bool IsHash(string text) =>
        Hash().Match(text) is { Success: true } match
        && int.Parse(match.Groups["cost"].Value, CultureInfo.InvariantCulture) is >= 4 and <= HighestCost;

    public async ValueTask<bool> IsRightAsync(string? name, string? password, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(password) || Encoding.UTF8.GetByteCount(password) > MaxPassword)
        {
            return false;
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await _checking.WaitAsync(cancellationToken);
            try
            {
                // As long for a wrong name as for a right one.
                var isPassword = await Task.Run(() => BCrypt.Net.BCrypt.Verify(password, hash), CancellationToken.None);
                return isPassword && CryptographicOperations.FixedTimeEquals(
                    SHA256.HashData(Encoding.UTF8.GetBytes(name ?? "")), SHA256.HashData(Encoding.UTF8.GetBytes(username)));
            }
            finally
            {
                _checking.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _checking.Dispose();

    [GeneratedRegex(@"^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$")]
    private static partial Regex Hash();
}
