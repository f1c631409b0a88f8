using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Intotes.Chat.Hosting;

/// <summary>Lets no client address hold more than its share of the connections; a connection beyond it is closed before anything is read.</summary>
public sealed class ConnectionsPerClient(int most)
{
    private readonly ConcurrentDictionary<IPAddress, int> open = new();

    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } client)
        {
            await next(connection);
            return;
        }

        try
        {
            if (open.AddOrUpdate(client, 1, static (_, count) => count + 1) <= most)
            {
                await next(connection);
            }
        }
        finally
        {
            // The last one to leave takes the entry with it.
            if (open.AddOrUpdate(client, 0, static (_, count) => count - 1) == 0)
            {
                open.TryRemove(KeyValuePair.Create(client, 0));
            }
        }
    }
}
