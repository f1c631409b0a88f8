using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Drops all packets to and from one port of loopback, until it is disposed of or the tests end, however they do: the shell that put the
/// rules there takes them away when its input ends.
/// </summary>
public sealed class PacketFilter : IAsyncDisposable
{
    private const string Script =
        """
        PATH=$PATH:/usr/sbin:/sbin
        change() {
          iptables -w 5 "$1" INPUT -i lo -p tcp --dport "$port" -j DROP &&
          iptables -w 5 "$1" INPUT -i lo -p tcp --sport "$port" -j DROP
        }
        port=$0
        trap '' INT TERM
        trap 'change -D' EXIT
        change -I && echo dropping && read -r _
        """;

    private readonly Process shell;

    private PacketFilter(Process shell) => this.shell = shell;

    /// <summary>Whether it can be had here: by trying it on a port that nobody uses.</summary>
    public static async Task<bool> IsPermittedAsync()
    {
        await using var trial = await TryDropAsync(RedisPort.Free());
        return trial is not null;
    }

    /// <summary>Null where there is no iptables, where it is not permitted, or where it has no effect.</summary>
    public static async Task<PacketFilter?> TryDropAsync(int port)
    {
        var filter = new PacketFilter(Process.Start(new ProcessStartInfo("sh", ["-c", Script, $"{port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        if (await filter.shell.StandardOutput.ReadLineAsync() == "dropping" && await IsSilentAsync(port))
        {
            return filter;
        }

        await filter.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        shell.Dispose();
    }

    /// <summary>Silent is what neither takes a connection nor refuses it.</summary>
    private static async Task<bool> IsSilentAsync(int port)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
            return false;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
