using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Intotes.Chat.Storage;

/// <summary>
/// Leads every connection to the server that most Sentinels name, and cuts those to any other. The client by itself would take any server that calls
/// itself a primary: one that hung and comes back does, for the ten seconds that it takes Sentinel to demote it, and what is written
/// there is lost.
/// </summary>
public sealed partial class Sentinels : Tunnel, IAsyncDisposable
{
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(500), AnswersWithin = TimeSpan.FromMilliseconds(400);

    private readonly ConnectionMultiplexer connection;
    private readonly string service;
    private readonly ILogger logger;
    private readonly CancellationTokenSource end = new();
    private readonly ConcurrentDictionary<Socket, EndPoint> open = new();
    private readonly Task watching;
    private IPEndPoint? primary;
    private int isDisposed;

    private Sentinels(ConnectionMultiplexer connection, string service, ILogger logger, TimeProvider time)
    {
        (this.connection, this.service, this.logger) = (connection, service, logger);
        watching = WatchAsync(time);
    }

    /// <summary>The primary that was named last; null before the first answer.</summary>
    public IPEndPoint? Primary => Volatile.Read(ref primary);

    /// <summary>Where they are, and the service's name, as configured. Sentinels that are away are looked for in the background.</summary>
    public static async Task<Sentinels> ConnectAsync(ConfigurationOptions settings, ILogger logger, TimeProvider time) =>
        new(await ConnectionMultiplexer.SentinelConnectAsync(settings), settings.ServiceName!, logger, time);

    /// <summary>For the one logical server, the address of the primary. Who cannot ask the Sentinels keeps to what they said last.</summary>
    public override async ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        await AskAsync();
        return Primary ?? throw new SocketException((int)SocketError.HostNotFound);
    }

    public override ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (socket?.RemoteEndPoint is { } address)
        {
            open[socket] = address;
        }

        return default;
    }

    public async ValueTask DisposeAsync()
    {
        // The container disposes of the connection, and so of this, once for each way it is registered.
        if (Interlocked.Exchange(ref isDisposed, 1) == 1)
        {
            return;
        }

        await end.CancelAsync();
        await watching;
        await connection.DisposeAsync();
        end.Dispose();
    }

    private async Task WatchAsync(TimeProvider time)
    {
        using var ticks = new PeriodicTimer(BetweenChecks, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(end.Token))
            {
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task LookAsync()
    {
        try
        {
            await AskAsync();
            CutOthers();
        }
        catch (Exception e) when (!end.IsCancellationRequested) // Any failure of one look: the watch goes on.
        {
            Log.Failed(logger, e);
        }
    }

    private void CutOthers()
    {
        foreach (var (socket, address) in open)
        {
            if (socket.SafeHandle.IsClosed)
            {
                open.TryRemove(socket, out _);
            }
            else if (!address.Equals(Primary))
            {
                // The client sees a lost connection, and makes a new one.
                open.TryRemove(socket, out _);
                socket.Dispose();
            }
        }
    }

    /// <summary>
    /// Believes the name that more than half of the Sentinels give, as the Sentinels themselves do: a few that are cut off from the others may name
    /// a server that nobody else follows any more. Who finds no majority keeps to the last one, and at the beginning takes what most of those say that answer.
    /// </summary>
    private async Task AskAsync()
    {
        var sentinels = connection.GetServers();
        var answers = await Task.WhenAll(sentinels.Select(AskAsync));
        var most = answers.OfType<EndPoint>().GroupBy(answer => answer).MaxBy(same => same.Count());
        if (most is null || (Primary is not null && most.Count() * 2 <= sentinels.Length) || await AddressAsync(most.Key) is not { } address)
        {
            return;
        }

        if (Interlocked.Exchange(ref primary, address) is { } before && !before.Equals(address))
        {
            Log.Switched(logger);
        }
    }

    private async Task<EndPoint?> AskAsync(IServer sentinel)
    {
        try
        {
            return await sentinel.SentinelGetMasterAddressByNameAsync(service).WaitAsync(AnswersWithin);
        }
        catch (Exception) // Any failure: that Sentinel has said nothing, and the watch goes on.
        {
            return null;
        }
    }

    /// <summary>Sentinels give names where they are set to (<c>resolve-hostnames</c>). As long as the address in use is one of the name's, it stays.</summary>
    private async Task<IPEndPoint?> AddressAsync(EndPoint named)
    {
        try
        {
            return named is not DnsEndPoint { Host: var host, Port: var port } ? named as IPEndPoint
                : await Dns.GetHostAddressesAsync(host, end.Token).WaitAsync(AnswersWithin) is var addresses && Primary is { } current && current.Port == port && addresses.Contains(current.Address) ? current
                : addresses is [var first, ..] ? new IPEndPoint(first, port)
                : null;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Sentinel names another primary")]
        public static partial void Switched(ILogger logger);

        [LoggerMessage(LogLevel.Error, "The Sentinels could not be asked; they are asked again")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
