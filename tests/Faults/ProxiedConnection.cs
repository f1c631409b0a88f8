using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Intotes.Chat.Tests.Faults;

/// <summary>One connection through a <see cref="TcpProxy"/>, both directions of it.</summary>
internal sealed class ProxiedConnection(TcpProxy proxy, Socket client) : IDisposable
{
    private readonly Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Bytes of it were swallowed: what came after them would make no sense.</summary>
    private volatile bool isDumb;

    /// <summary>Passes bytes on until one side ends, or the network does.</summary>
    public async Task ServeAsync(int serverPort)
    {
        await Task.Yield();
        try
        {
            client.NoDelay = true;
            isDumb = proxy.Now.Swallows;
            if (proxy.Now.Resets)
            {
                return;
            }

            if (!isDumb)
            {
                await server.ConnectAsync(IPAddress.Loopback, serverPort);
            }

            await Task.WhenAny([PassAsync(client, server, isReply: false), .. isDumb ? [] : new[] { PassAsync(server, client, isReply: true) }]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The server is not there, so the client's connection is reset; or it has just been.
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Ends both sides at once, with RST: what is under way is lost.</summary>
    public void Dispose()
    {
        client.Close(timeout: 0);
        server.Close(timeout: 0);
    }

    private async Task PassAsync(Socket from, Socket to, bool isReply)
    {
        var underWay = Channel.CreateBounded<(byte[] Bytes, long Due)>(1000);
        var delivering = DeliverAsync(underWay.Reader, to, isReply);
        var buffer = new byte[16 * 1024];
        var commands = new CommandCounter();
        try
        {
            while (!delivering.IsCompleted && await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                var now = proxy.Now;
                var jitter = now.Jitter * (Random.Shared.NextDouble() * 2 - 1);
                var served = isReply ? TimeProvider.System.GetTimestamp() : now.DoneWith(commands.In(buffer.AsSpan(0, length)));
                var due = served + (long)((now.Delay + jitter).TotalSeconds * TimeProvider.System.TimestampFrequency);
                await underWay.Writer.WriteAsync((buffer[..length], due));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side or the network has ended it.
        }

        underWay.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long Due)> underWay, Socket to, bool isReply)
    {
        var (left, cutting) = (0, (TcpProxy.Weather?)null);
        try
        {
            await foreach (var (bytes, due) in underWay.ReadAllAsync())
            {
                if (due - TimeProvider.System.GetTimestamp() is > 0 and var early)
                {
                    await Task.Delay(TimeSpan.FromSeconds((double)early / TimeProvider.System.TimestampFrequency));
                }

                while (isReply ? proxy.Now.HoldsReplies : proxy.Now.HoldsRequests)
                {
                    await proxy.Now.Ended;
                }

                var now = proxy.Now;
                isDumb |= now.Swallows;
                if (isDumb)
                {
                    continue;
                }

                if (!isReply || now.CutsWithin is not { } within)
                {
                    await SendAsync(to, bytes);
                    continue;
                }

                (left, cutting) = cutting == now ? (left, cutting) : (Random.Shared.Next(within), now);
                if (bytes.Length > left)
                {
                    await SendAsync(to, bytes.AsMemory(0, left));
                    to.Shutdown(SocketShutdown.Both);
                    return;
                }

                left -= bytes.Length;
                await SendAsync(to, bytes);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side or the network has ended it.
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await to.SendAsync(bytes)..];
        }
    }
}
