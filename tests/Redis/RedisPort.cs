using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Intotes.Chat.Tests.Redis;

/// <summary>Where on loopback a test's own redis-server listens, and whether it answers there.</summary>
internal static class RedisPort
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A free port below those that the kernel gives to clients (32768 and up). Among those, a client that reconnects to a killed
    /// server can be given the server's own port, connect to itself, and keep the server from starting again.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(10_000, 30_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }

    /// <summary>False too while the server still loads its data, when it answers -LOADING.</summary>
    public static async Task<bool> AnswersAsync(int port, bool isEncrypted)
    {
        using var patience = new CancellationTokenSource(AnswersWithin);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
            await using Stream stream = isEncrypted ? await EncryptAsync(client.GetStream(), patience.Token) : client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), patience.Token);
            using var reader = new StreamReader(stream);
            return await reader.ReadLineAsync(patience.Token) == "+PONG";
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Only whether anything answers.</summary>
    private static async Task<SslStream> EncryptAsync(NetworkStream plain, CancellationToken ct)
    {
        var encrypted = new SslStream(plain, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, ct);
        return encrypted;
    }
}
