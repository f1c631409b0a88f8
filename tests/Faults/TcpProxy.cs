using System.Net;
using System.Net.Sockets;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Stands between a client and a server on loopback and does what networks do, until told otherwise; what it does changes for connections
/// that are open as well.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly int serverPort;
    private readonly HashSet<ProxiedConnection> connections = [];
    private TcpListener listener;
    private Task accepting;

    private TcpProxy(int serverPort)
    {
        (this.serverPort, Port) = (serverPort, RedisPort.Free());
        (listener, accepting) = Listen();
    }

    public int Port { get; }

    /// <summary>What it does now.</summary>
    public Weather Now { get; private set; } = new();

    /// <summary>How many connections it has taken so far.</summary>
    public int Taken { get; private set; }

    public static TcpProxy To(int serverPort) => new(serverPort);

    /// <summary>Each piece arrives later, by this and up to so much more or less; their order stays.</summary>
    public void Delay(TimeSpan delay, TimeSpan jitter) => Become(new Weather { Delay = delay, Jitter = jitter });

    /// <summary>What clients send arrives as at a server that does one command after the other, of all connections, each in this time.</summary>
    public void Serve(TimeSpan command) => Become(new Weather { Command = command });

    /// <summary>Takes connections and bytes and passes nothing on. A connection that lost bytes to this stays dumb for good, as where a firewall forgot it.</summary>
    public void Swallow() => Become(new Weather { Swallows = true });

    /// <summary>What the client sends is held back, and arrives late.</summary>
    public void HoldRequests() => Become(new Weather { HoldsRequests = true });

    /// <summary>What the server answers is held back, and arrives late.</summary>
    public void HoldReplies() => Become(new Weather { HoldsReplies = true });

    /// <summary>Every connection ends in the middle of an answer, somewhere in its next bytes of that direction.</summary>
    public void CutReplies(int withinBytes) => Become(new Weather { CutsWithin = withinBytes });

    /// <summary>Every connection is reset, open ones and new ones.</summary>
    public void Reset()
    {
        Become(new Weather { Resets = true });
        ResetAll();
    }

    /// <summary>Nothing listens any more, and open connections are reset.</summary>
    public void Refuse()
    {
        Become(new Weather { Refuses = true });
        listener.Stop();
        ResetAll();
    }

    /// <summary>Passes everything on again.</summary>
    public void Heal()
    {
        if (Now.Refuses)
        {
            (listener, accepting) = Listen();
        }

        Become(new Weather());
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        Become(new Weather());
        ResetAll();
    }

    private void Become(Weather next)
    {
        var before = Now;
        Now = next;
        before.End();
    }

    private (TcpListener Listener, Task Accepting) Listen()
    {
        var opened = new TcpListener(IPAddress.Loopback, Port);
        opened.Start();
        return (opened, AcceptAsync(opened));
    }

    private async Task AcceptAsync(TcpListener from)
    {
        try
        {
            while (true)
            {
                var client = await from.AcceptSocketAsync();
                Taken++;
                _ = ServeAsync(new ProxiedConnection(this, client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It listens no more.
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        lock (connections)
        {
            connections.Add(connection);
        }

        await connection.ServeAsync(serverPort);
        lock (connections)
        {
            connections.Remove(connection);
        }
    }

    private void ResetAll()
    {
        lock (connections)
        {
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>What the network does for a while.</summary>
    public sealed class Weather
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long busyUntil;

        public TimeSpan Delay { get; init; }

        public TimeSpan Jitter { get; init; }

        /// <summary>How long the server takes for each command; zero where that is its own affair.</summary>
        public TimeSpan Command { get; init; }

        public bool Swallows { get; init; }

        public bool HoldsRequests { get; init; }

        public bool HoldsReplies { get; init; }

        public int? CutsWithin { get; init; }

        public bool Resets { get; init; }

        public bool Refuses { get; init; }

        /// <summary>Completes when the network does something else.</summary>
        public Task Ended => ended.Task;

        public void End() => ended.TrySetResult();

        /// <summary>
        /// When (a timestamp) the server is done with so many more commands. It is reckoned, so that how late a busy machine wakes takes nothing off its
        /// capacity.
        /// </summary>
        public long DoneWith(int commands)
        {
            lock (ended)
            {
                var begins = Math.Max(busyUntil, TimeProvider.System.GetTimestamp());
                return busyUntil = begins + (long)(commands * Command.TotalSeconds * TimeProvider.System.TimestampFrequency);
            }
        }
    }
}
