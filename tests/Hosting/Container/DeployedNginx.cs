using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>deploy/nginx.conf in a real nginx on ports of a test's own. Nothing else of it is changed, unless a test says so.</summary>
internal sealed class DeployedNginx(Nginx nginx, int plainPort) : IAsyncDisposable
{
    public const string Host = "chat.example.com";

    /// <summary>Where it serves TLS.</summary>
    public Uri Address => new($"https://{Host}:{nginx.Address.Port}");

    /// <summary>The bytes that it keeps in files.</summary>
    public long BytesInFiles =>
        new DirectoryInfo(Path.Combine(nginx.Directory, "proxy")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <param name="nodes">Two addresses of nodes.</param>
    /// <param name="change">What a test changes in the configuration.</param>
    public static async Task<DeployedNginx> StartAsync(Uri[] nodes, Func<string, string>? change = null)
    {
        var (port, plainPort) = (RedisPort.Free(), RedisPort.Free());
        var nginx = await Nginx.StartAsync(new Uri($"https://127.0.0.1:{port}"), folder =>
        {
            WriteCertificate(folder);
            var configuration = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "deploy/nginx.conf"))
                .Replace("/tmp/", folder + "/", StringComparison.Ordinal)
                .Replace("listen 80", $"listen 127.0.0.1:{plainPort}", StringComparison.Ordinal)
                .Replace("listen 443", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
                .Replace("172.30.80.11:5080", nodes[0].Authority, StringComparison.Ordinal)
                .Replace("172.30.80.12:5080", nodes[^1].Authority, StringComparison.Ordinal)
                .Replace("/etc/chat/tls", folder, StringComparison.Ordinal)
                .Replace("/etc/chat", Path.Combine(ArchitectureTests.Root, "deploy"), StringComparison.Ordinal)
                .Replace("access_log /dev/stdout plain", "access_log off", StringComparison.Ordinal)
                // One process, so that killing it leaves none behind.
                .Replace("daemon off;", "daemon off;\nmaster_process off;", StringComparison.Ordinal)
                .Replace("worker_connections 8192", "worker_connections 512", StringComparison.Ordinal);
            return change?.Invoke(configuration) ?? configuration;
        });
        return new DeployedNginx(nginx, plainPort);
    }

    /// <summary>A client of TLS that takes the certificate of this nginx and finds every name here.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) => new NetworkStream(await ConnectAsync(nginx.Address.Port, ct), ownsSocket: true),
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsOurs },
        AllowAutoRedirect = false,
    })
    { BaseAddress = Address };

    /// <summary>A connection on which TLS is there and nothing is sent.</summary>
    public async Task<SslStream> ConnectAsync(string name, CancellationToken ct)
    {
        var stream = new SslStream(new NetworkStream(await ConnectAsync(nginx.Address.Port, ct), ownsSocket: true), false, IsOurs);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name }, ct);
        return stream;
    }

    /// <summary>A connection to the port without TLS.</summary>
    public async Task<Stream> ConnectPlainAsync(CancellationToken ct) => new NetworkStream(await ConnectAsync(plainPort, ct), ownsSocket: true);

    public ValueTask DisposeAsync() => nginx.DisposeAsync();

    private static async Task<Socket> ConnectAsync(int port, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        return socket;
    }

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == $"CN={Host}";

    private static void WriteCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
