using System.Net.Sockets;
using System.Text;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A client on a network of small packets that asks for something and then takes so many bytes of the answer every 200 ms.</summary>
internal sealed class SlowReader : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
    private readonly CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private SlowReader()
    {
    }

    /// <summary>The first bytes of the answer.</summary>
    public string Head { get; private set; } = "";

    /// <summary>Completes when the server has ended the connection, or the reader was disposed of.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Returns once the answer has begun.</summary>
    public static async Task<SlowReader> OpenAsync(Uri server, string path, string? token, int bytesAtOnce, string headers = "")
    {
        var reader = new SlowReader();
        // TCP_MAXSEG, as of a network: for what comes over loopback by itself the kernel would take all.
        reader.socket.SetRawSocketOption(6, 2, BitConverter.GetBytes(536));
        await reader.socket.ConnectAsync(server.Host, server.Port, reader.end.Token);
        await reader.socket.SendAsync(
            Encoding.ASCII.GetBytes($"GET /api/v1/{path} HTTP/1.1\r\nHost: chat\r\nX-Chat-Session: {token}\r\n{headers}\r\n"), SocketFlags.None, reader.end.Token);
        var buffer = new byte[64];
        reader.Head = Encoding.ASCII.GetString(buffer, 0, await reader.socket.ReceiveAsync(buffer, SocketFlags.None, reader.end.Token));
        reader.Ended = reader.ReadAsync(new byte[bytesAtOnce]);
        return reader;
    }

    public void Dispose()
    {
        end.Cancel();
        socket.Dispose();
    }

    private async Task ReadAsync(byte[] buffer)
    {
        try
        {
            while (buffer.Length == 0 || await socket.ReceiveAsync(buffer, SocketFlags.None, end.Token) > 0)
            {
                await Task.Delay(Pause, end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut off, or at its end.
        }
    }
}
