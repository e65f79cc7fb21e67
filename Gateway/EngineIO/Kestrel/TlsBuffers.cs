using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.EngineIO.Kestrel;

/// <summary>
/// Two buffers of 17 KB, one to read and one to write, that OpenSSL keeps for each TLS connection, also of a client that is silent. It can
/// give them back whenever they are empty (<c>SSL_MODE_RELEASE_BUFFERS</c>, SSL_CTX_set_mode(3)). .NET has no setting for that, so it is
/// said to OpenSSL itself, by the handle that the stream keeps. On another system, with another OpenSSL, or where a later .NET keeps the
/// handle elsewhere, nothing changes. Stateless.
/// </summary>
internal static class TlsBuffers
{
    private const string Library = "libssl.so.3";
    private const int Mode = 33;
    private const int ReleaseBuffers = 0x10;

    private static readonly FieldInfo? s_handle = FindHandle();

    /// <summary>
    /// From now on the buffers of the connection that <paramref name="context"/> came by are kept only while something is in them. Nothing
    /// happens when it has no TLS. Any thread; costs a call into OpenSSL, which does no more than set a flag.
    /// </summary>
    public static void GiveBack(HttpContext context)
    {
        if (context.Features.Get<ISslStreamFeature>() is not { SslStream: { } stream }
            || s_handle?.GetValue(stream) is not SafeHandle { IsInvalid: false, IsClosed: false } handle)
        {
            return;
        }

        try
        {
            _ = Control(handle, Mode, ReleaseBuffers, 0);
        }
        catch (ObjectDisposedException)
        {
            // The connection ended just then.
        }
    }

    private static FieldInfo? FindHandle()
    {
        // The library that .NET uses, or none: another one would not know the handle.
        if (!OperatingSystem.IsLinux() || SafeEvpPKeyHandle.OpenSslVersion >> 28 != 3 || !NativeLibrary.TryLoad(Library, out _))
        {
            return null;
        }

        var field = typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);
        var isKnown = field?.FieldType.Name == "SafeDeleteSslContext" && field.FieldType.IsAssignableTo(typeof(SafeHandle));
        return isKnown ? field : null;
    }

    [DllImport(Library, EntryPoint = "SSL_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(SafeHandle connection, int command, nint argument, nint pointer);
}
