using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>Certificates that nobody trusts.</summary>
internal static class TestCertificate
{
    public static X509Certificate2 Create(string name)
    {
        using var key = RSA.Create(2_048);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Whether it is this one, and no other, that a server has shown.</summary>
    public static bool IsShown(this X509Certificate2 certificate, X509Certificate? shown) =>
        shown?.GetCertHashString() == certificate.GetCertHashString();
}
