using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What came back over a socket: 0 where the connection ended without an answer.</summary>
/// <param name="Ended">The server has closed the connection, or is about to.</param>
public readonly record struct RawAnswer(int Status, string Head, bool Ended);

/// <summary>
/// A client that sends bytes as they are, well-formed or not, and reads answers of HTTP/1.1 (RFC 9112) one by one. Bodies are skipped.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[32 * 1024];
    private int start, end;

    /// <param name="server">Where to.</param>
    /// <param name="ct">How long to wait.</param>
    /// <param name="from">The client's own address, of those of this machine (127.0.0.0/8).</param>
    public static async Task<RawConnection> OpenAsync(Uri server, CancellationToken ct, IPAddress? from = null)
    {
        var connection = new RawConnection();
        if (from is not null)
        {
            connection.socket.Bind(new IPEndPoint(from, 0));
        }

        await connection.socket.ConnectAsync(server.Host, server.Port, ct);
        return connection;
    }

    /// <summary>A connection that is served, or null where the server ends it.</summary>
    public static async Task<RawConnection?> OpenServedAsync(Uri server, CancellationToken ct, IPAddress? from = null)
    {
        var connection = await OpenAsync(server, ct, from);
        if (await connection.IsServedAsync(ct))
        {
            return connection;
        }

        connection.Dispose();
        return null;
    }

    /// <summary>Whether the server answers here.</summary>
    public async Task<bool> IsServedAsync(CancellationToken ct)
    {
        try
        {
            await SendAsync("GET /health/live HTTP/1.1\r\nHost: chat\r\n\r\n", ct);
        }
        catch (SocketException)
        {
            return false;
        }

        return (await ReadAsync(isHead: false, ct)).Status == (int)HttpStatusCode.OK;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, ct)..];
        }
    }

    public Task SendAsync(string ascii, CancellationToken ct) => SendAsync(Encoding.ASCII.GetBytes(ascii), ct);

    /// <summary>Nothing more will be sent: whatever the server still expects will not come.</summary>
    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server was first.
        }
    }

    /// <summary>The next final answer; interim ones (1xx) are skipped.</summary>
    /// <param name="isHead">Whether the request was HEAD, whose answer has no body whatever it says.</param>
    /// <param name="ct">How long to wait.</param>
    public async Task<RawAnswer> ReadAsync(bool isHead, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                if (await ReadHeadAsync(ct) is not { } head)
                {
                    return new RawAnswer(0, "", Ended: true);
                }

                var status = int.Parse(head.AsSpan(9, 3), provider: null);
                if (status is >= 100 and < 200 and not 101)
                {
                    continue;
                }

                if (!isHead && status is not (204 or 304 or 101))
                {
                    await SkipBodyAsync(head, ct);
                }

                return new RawAnswer(status, head, head.Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase));
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return new RawAnswer(0, "", Ended: true);
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task<string?> ReadHeadAsync(CancellationToken ct)
    {
        while (true)
        {
            if (buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8) is >= 0 and var length)
            {
                var head = Encoding.Latin1.GetString(buffer, start, length);
                start += length + 4;
                return head;
            }

            if (!await FillAsync(ct))
            {
                return null;
            }
        }
    }

    private async Task SkipBodyAsync(string head, CancellationToken ct)
    {
        if (Header(head, "Content-Length") is { } length)
        {
            await SkipAsync(long.Parse(length, provider: null), ct);
        }
        else if (head.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            while (true)
            {
                var size = Convert.ToInt64(await ReadLineAsync(ct), 16);
                await SkipAsync(size + 2, ct);
                if (size == 0)
                {
                    return;
                }
            }
        }
        else
        {
            while (await FillAsync(ct))
            {
                start = end;
            }
        }
    }

    /// <summary>The value of a header, as the server writes it.</summary>
    private static string? Header(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : head[(at + name.Length + 4)..].Split("\r\n", 2)[0];
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        while (true)
        {
            if (buffer.AsSpan(start, end - start).IndexOf("\r\n"u8) is >= 0 and var length)
            {
                var line = Encoding.Latin1.GetString(buffer, start, length);
                start += length + 2;
                return line;
            }

            await FillOrFailAsync(ct);
        }
    }

    private async Task SkipAsync(long count, CancellationToken ct)
    {
        while (count > end - start)
        {
            count -= end - start;
            start = end;
            await FillOrFailAsync(ct);
        }

        start += (int)count;
    }

    private async Task FillOrFailAsync(CancellationToken ct)
    {
        if (!await FillAsync(ct))
        {
            throw new EndOfStreamException("The answer was broken off.");
        }
    }

    /// <summary>False once the server has ended the connection.</summary>
    private async Task<bool> FillAsync(CancellationToken ct)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        var read = end == buffer.Length
            ? throw new InvalidOperationException("The head of an answer is larger than any of ours.")
            : await socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None, ct);
        end += read;
        return read > 0;
    }
}
