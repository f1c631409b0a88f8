using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Intotes.Chat.Hosting;

/// <summary>Kestrel as this service uses it.</summary>
public static class ServerExtensions
{
    /// <summary>The largest request body: 4,000 characters outside the basic plane take 48,000 bytes where a client escapes them all.</summary>
    public const int MostBodyBytes = 64 * 1024;

    /// <summary>All headers of a request: a bearer token, and the cookies of a parent domain.</summary>
    public const int MostHeaderBytes = 64 * 1024;

    /// <summary>A waiting poll keeps its connection; at some 16 KB each these take 320 MB.</summary>
    private const int DefaultConnections = 20_000, DefaultConnectionsPerClient = 2_000;

    private const int MostConnections = 1_000_000;

    /// <summary>Connections that may wait to be accepted where files are few; 512 elsewhere.</summary>
    private const int FewToAccept = 64;

    /// <summary>Where it listens unless told otherwise.</summary>
    public const string DefaultAddress = "http://127.0.0.1:5080";

    /// <summary>What the kernel keeps of an answer for a client that does not read (Linux takes twice as much with its own data); by itself it keeps up to 4 MB.</summary>
    private const int SendBufferBytes = 64 * 1024;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Listens where <c>ASPNETCORE_URLS</c> says, else on loopback; takes nothing larger, slower or more than a chat needs.</summary>
    public static IWebHostBuilder UseServer(this IWebHostBuilder host, IConfiguration configuration)
    {
        var connections = configuration.GetValue("Server:MaxConnections", DefaultConnections);
        if (connections is < 1 or > MostConnections)
        {
            throw new Storage.CannotStartException($"Server__MaxConnections must be 1 to {MostConnections}.");
        }

        var perClient = configuration.GetValue("Server:MaxConnectionsPerIp", DefaultConnectionsPerClient);
        if (perClient is < 0 or > MostConnections)
        {
            throw new Storage.CannotStartException($"Server__MaxConnectionsPerIp must be 0 to {MostConnections}; 0 switches it off.");
        }

        var addresses = OperatorSide.With(configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls : DefaultAddress, configuration);
        host.UseUrls(ManagementExtensions.Address(configuration) is { } management ? $"{addresses};{management}" : addresses);

        // Behind a proxy all connections are the proxy's, and it is the proxy's business to share them out.
        var shares = perClient > 0 && !configuration.GetSection("ReverseProxy:KnownProxies").GetChildren().Any() ? perClient : 0;
        var limits = ConnectionLimits.Of(connections, shares, OpenFiles.Limit());
        host.ConfigureServices(services => services.AddSingleton(limits).AddHostedService<ConnectionNotice>());
        var managementPort = ManagementExtensions.Address(configuration)?.Port;

        // A request runs where its bytes came in, up to its first call to Redis, rather than in line for another thread: nothing here blocks one.
        host.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.CreateBoundListenSocket = Bind;
            // All that wait to be accepted may be accepted, and take a file each, before the first is closed for being one too many.
            sockets.Backlog = limits.OpenFiles is null ? sockets.Backlog : FewToAccept;
        });
        return host.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MostHeaderBytes;
            // A browser also sends cookies that others set for the parent domain, in any encoding. By default one byte that is no UTF-8 would be
            // 400 at every address. What credentials have to look like is checked where they are read. A length is left to Kestrel: with an encoding of ours it
            // throws at one of more digits than a number has.
            kestrel.RequestHeaderEncodingSelector = static name => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? null : Encoding.Latin1;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            // Longer than the longest pause between two polls; also for one that never sends anything.
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
            // What a client sends more slowly than this, after five seconds' grace, is cut off: the largest body takes a minute at most.
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
            // Counts only while something waits for the client, so nobody is cut for a stream or a poll with nothing to say. Some 64 KB wait with it: at the
            // 240 bytes a second that are content by default, they would stay for more than four minutes.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 2048, Grace);
            // With the chunk that is written next, a client that does not read has 64 KB of this process.
            kestrel.Limits.MaxResponseBufferSize = 32 * 1024;
            // Kestrel counts what it rejects, but each address that it listens at by itself: localhost, which is two, would have twice as many.
            kestrel.Limits.MaxConcurrentConnections = limits.Total;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => limits.OnConnectionAsync(connection, next, managementPort)));
        });
    }

    /// <summary>Connections inherit the size from the socket that they are accepted from.</summary>
    private static Socket Bind(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = SendBufferBytes;
        return socket;
    }
}
