using System.Net;
using System.Net.Sockets;

namespace Intotes.Chat.Tests.Storage;

/// <summary>
/// Listens to every command that a Redis is given, by its MONITOR. What a script calls inside the server is no round trip and not
/// counted, nor is what a connection says about itself.
/// </summary>
internal sealed class RedisMonitor : IAsyncDisposable
{
    /// <summary>What StackExchange.Redis asks now and then to see that the server is there and in which role.</summary>
    private static readonly string[] OfTheConnection =
        ["PING", "ECHO", "INFO", "CLIENT", "HELLO", "CLUSTER"];

    private readonly TcpClient listening = new();
    private readonly TcpClient speaking = new();
    private StreamReader lines = StreamReader.Null;

    public static async Task<RedisMonitor> StartAsync(int port)
    {
        var monitor = new RedisMonitor();
        await monitor.listening.ConnectAsync(IPAddress.Loopback, port);
        await monitor.speaking.ConnectAsync(IPAddress.Loopback, port);
        monitor.lines = new StreamReader(monitor.listening.GetStream());
        await monitor.listening.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray());
        Assert.Equal("+OK", await monitor.lines.ReadLineAsync());
        return monitor;
    }

    /// <summary>The commands that Redis is given while this is done, each by its name and first argument.</summary>
    public async Task<IReadOnlyList<string>> CommandsAsync(Func<Task> act)
    {
        await ReadAsync();
        await act();
        return await ReadAsync();
    }

    /// <summary>
    /// The commands since it was last asked. Redis reports in the order of execution, so everything before the mark has been reported once
    /// the mark is.
    /// </summary>
    public async Task<IReadOnlyList<string>> ReadAsync()
    {
        var mark = $"{Guid.NewGuid():N}";
        await speaking.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"ECHO {mark}\r\n"));
        var commands = new List<string>();
        while (await lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Contains(mark, StringComparison.Ordinal))
            {
                return commands;
            }

            // +1795355178.458012 [0 127.0.0.1:51234] "EVALSHA" "5d41..." "4" "chat:{s:..." ...; [0 lua] for what a script calls.
            var (source, words) = (line.Split(' ')[2], line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..].Split(' ', 3));
            var command = string.Join(' ', words.Take(2)).Replace("\"", "", StringComparison.Ordinal);
            if (source != "lua]" && !OfTheConnection.Any(known => command == known || command.StartsWith(known + " ", StringComparison.OrdinalIgnoreCase)))
            {
                commands.Add(command);
            }
        }

        throw new EndOfStreamException("Redis ended the monitoring.");
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        listening.Dispose();
        speaking.Dispose();
        return ValueTask.CompletedTask;
    }
}
