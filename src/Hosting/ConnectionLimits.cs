using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Intotes.Chat.Hosting;

/// <summary>How many connections there may be at once, over all addresses this node listens at; one beyond that is closed before anything is read.</summary>
/// <param name="Total">Of all clients.</param>
/// <param name="PerClient">Of one client, as <see cref="ClientName"/> counts them; 0 for any number.</param>
/// <param name="OpenFiles">The limit of open files, where <paramref name="Total"/> was lowered to what it permits.</param>
public sealed record ConnectionLimits(int Total, int PerClient, int? OpenFiles)
{
    /// <summary>Of the address for those who run the service, which has a number of its own: it answers also while all others are taken.</summary>
    public const int Management = 16;

    private readonly ConcurrentDictionary<IPAddress, int> clients = new();
    private int open, managing;

    /// <summary>The limits as configured, or as the limit of open files permits.</summary>
    /// <param name="total">Configured.</param>
    /// <param name="perClient">Configured; 0 for any number.</param>
    /// <param name="files">The limit of open files.</param>
    public static ConnectionLimits Of(int total, int perClient, int? files)
    {
        var permitted = Hosting.OpenFiles.Permit(total, files);
        // A client that may have no more than a share has it of what there is: a quarter at most.
        return permitted == total ? new(total, perClient, null) : new(permitted, perClient == 0 ? 0 : Math.Min(perClient, Math.Max(1, permitted / 4)), files);
    }

    /// <param name="connection">A new connection.</param>
    /// <param name="next">Serves it.</param>
    /// <param name="managementPort">Where those who run the service ask; null where they do not.</param>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next, int? managementPort)
    {
        if (connection.LocalEndPoint is IPEndPoint { Port: var port } && port == managementPort)
        {
            try
            {
                await (Interlocked.Increment(ref managing) <= Management ? next(connection) : Task.CompletedTask);
            }
            finally
            {
                Interlocked.Decrement(ref managing);
            }

            return;
        }

        try
        {
            if (Interlocked.Increment(ref open) <= Total)
            {
                await OfClientAsync(connection, next);
            }
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    private async Task OfClientAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (PerClient == 0 || (connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address)
        {
            await next(connection);
            return;
        }

        var client = ClientName.Network(address);
        try
        {
            if (clients.AddOrUpdate(client, 1, static (_, count) => count + 1) <= PerClient)
            {
                await next(connection);
            }
        }
        finally
        {
            // The last one to leave takes the entry with it.
            if (clients.AddOrUpdate(client, 0, static (_, count) => count - 1) == 0)
            {
                clients.TryRemove(KeyValuePair.Create(client, 0));
            }
        }
    }
}

/// <summary>Says at the start where the limit of open files leaves room for fewer connections than configured.</summary>
public sealed partial class ConnectionNotice(ConnectionLimits limits, ILogger<ConnectionNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (limits.OpenFiles is { } files)
        {
            Log.Lowered(logger, files, limits.Total, limits.PerClient);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning,
            "The process may open only {Files} files, so it takes at most {Connections} connections, and {PerClient} of one client (0: any number); raise the limit (ulimit -n) or lower Server__MaxConnections")]
        public static partial void Lowered(ILogger logger, int files, int connections, int perClient);
    }
}
