using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>An OIDC issuer on HTTPS, behind a socket of its own, with a certificate that only who knows it trusts.</summary>
public sealed class IssuerStandIn : IAsyncDisposable
{
    private readonly int port = RedisPort.Free();
    private readonly X509Certificate2 certificate = SelfSigned();
    private readonly ConcurrentQueue<string> requests = new();
    private WebApplication? server;

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Address => $"https://127.0.0.1:{port}";

    /// <summary>The published keys by kid, as they would be in JSON.</summary>
    public ConcurrentDictionary<string, object> Published { get; } = new();

    /// <summary>The paths that were asked for.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    /// <summary>Awaited before each answer.</summary>
    public Func<HttpContext, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Publishes an RSA key as "rsa" and an elliptic one as "ec", but does not listen yet.</summary>
    public IssuerStandIn()
    {
        Publish("rsa", Rsa);
        Publish("ec", Ec);
    }

    public void Publish(string kid, RSA key)
    {
        var numbers = key.ExportParameters(false);
        Published[kid] = new { kty = "RSA", use = "sig", kid, n = Base64Url.EncodeToString(numbers.Modulus), e = Base64Url.EncodeToString(numbers.Exponent) };
    }

    public void Publish(string kid, ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        Published[kid] = new { kty = "EC", use = "sig", crv = "P-256", kid, x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) };
    }

    /// <summary>A token of this user under the RSA key, good until a test changes it.</summary>
    public string Issue(string userId, string kid = "rsa", RSA? key = null) =>
        Token(userId, "RS256", kid).WithSignature((_, content) => (key ?? Rsa).SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static HandmadeJwt Token(string userId, string algorithm, string? kid)
    {
        var token = new HandmadeJwt("", userId) { Header = { ["alg"] = algorithm } };
        if (kid is not null)
        {
            token.Header["kid"] = kid;
        }

        return token;
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(certificate)));
        builder.WebHost.UseKestrelHttpsConfiguration();
        server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Nobody listens any more.</summary>
    public async Task StopAsync()
    {
        await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
        server = null;
    }

    /// <summary>Trusts this issuer's certificate and no other.</summary>
    public SocketsHttpHandler Client() => new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString() },
    };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        certificate.Dispose();
        Rsa.Dispose();
        Ec.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        requests.Enqueue(http.Request.Path.Value!);
        await Before(http);
        if (!http.Response.HasStarted && http.Response.StatusCode == StatusCodes.Status200OK)
        {
            await http.Response.WriteAsJsonAsync<object>(
                http.Request.Path == "/keys" ? new { keys = Published.Values } : new { issuer = Address, jwks_uri = $"{Address}/keys" });
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=issuer", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }
}
