using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Intotes.Chat.Tests.Redis;

/// <summary>A Redis that speaks TLS only, with a certificate from a CA that no machine knows.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("intotes-tls-").FullName;
    private readonly LogWatch logs = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Two_nodes_that_trust_its_issuer_hold_a_conversation()
    {
        using var issuer = NewIssuer("ours");
        await using var redis = await StartRedisAsync(issuer, IPAddress.Loopback);
        await using var first = StartNode(redis, issuer);
        await using var second = StartNode(redis, issuer);

        await Conversation.HoldAsync(first, second);

        Assert.Empty(logs.Unexpected);
    }

    [Fact]
    public async Task A_certificate_of_another_issuer_is_not_accepted()
    {
        using var issuer = NewIssuer("ours");
        using var another = NewIssuer("another");
        await using var redis = await StartRedisAsync(another, IPAddress.Loopback);
        await using var node = StartNode(redis, issuer);

        await AssertIsUpButNotReadyAsync(node);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_not_accepted()
    {
        using var issuer = NewIssuer("ours");
        await using var redis = await StartRedisAsync(issuer, IPAddress.Parse("192.0.2.1"));
        await using var node = StartNode(redis, issuer);

        await AssertIsUpButNotReadyAsync(node);
    }

    [Fact]
    public async Task Without_an_issuer_only_those_that_the_machine_knows_are_accepted()
    {
        using var issuer = NewIssuer("ours");
        await using var redis = await StartRedisAsync(issuer, IPAddress.Loopback);
        await using var node = ChatNode.Start(redis.Configuration, logs);

        await AssertIsUpButNotReadyAsync(node);
    }

    /// <summary>That it would be ready with the right certificate, the conversation shows; a connection is tried again all the time.</summary>
    private static async Task AssertIsUpButNotReadyAsync(ChatNode node)
    {
        using var http = new HttpClient { BaseAddress = node.Address };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/live", UriKind.Relative), Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct)).StatusCode);
    }

    private ChatNode StartNode(RedisServerProcess redis, X509Certificate2 issuer)
    {
        var file = Path.Combine(folder, "issuer.pem");
        File.WriteAllText(file, issuer.ExportCertificatePem());
        return ChatNode.Start(redis.Configuration, logs, new Dictionary<string, string> { ["Redis:TrustedIssuer"] = file });
    }

    private async Task<RedisServerProcess> StartRedisAsync(X509Certificate2 issuer, IPAddress host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        using var certificate = request.Create(issuer, issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(8));

        var (certificateFile, keyFile) = (Path.Combine(folder, "redis.pem"), Path.Combine(folder, "redis.key"));
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem(), Ct);
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), Ct);
        return await RedisServerProcess.StartEncryptedAsync(certificateFile, keyFile);
    }

    private static X509Certificate2 NewIssuer(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
