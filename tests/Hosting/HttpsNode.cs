using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What a node needs to serve HTTPS itself, with a certificate made for the tests.</summary>
internal static class HttpsNode
{
    public const string Subject = "CN=intotes-chat-tests";

    /// <summary>Bearer tokens of a node in Production are signed with this.</summary>
    public const string SigningKey = "a key of the tests, of at least thirty-two bytes";

    private static readonly X509Certificate2 Certificate = Make();

    public static Dictionary<string, string> Settings => new() { ["urls"] = "https://127.0.0.1:0" };

    /// <summary>Settings that Production starts with.</summary>
    public static Dictionary<string, string> Production => new()
    {
        ["environment"] = "Production",
        ["Jwt:SigningKey"] = SigningKey,
        ["Jwt:Issuer"] = "intotes",
        ["Jwt:Audience"] = "intotes-chat",
    };

    public static void Use(IServiceCollection services) =>
        services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = Certificate));

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
