using System.Net;
using System.Net.Sockets;

namespace Widgets;

/// <summary>Clients that share the connections of one source address: a port of 127.0.0.1 alone would be gone after some 28,000.</summary>
internal sealed class Clients : IDisposable
{
    private const int PerAddress = 5_000;

    private readonly HttpClient[] clients;

    public Clients(Uri server, int widgets) =>
        clients = [.. Enumerable.Range(0, (widgets / PerAddress) + 1).Select(i => new HttpClient(Handler(new IPAddress([127, 0, 0, (byte)(i + 1)]))) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(5) })];

    public HttpClient Of(int widget) => clients[widget / PerAddress];

    public void Dispose() => Array.ForEach(clients, client => client.Dispose());

    private static SocketsHttpHandler Handler(IPAddress source) => new()
    {
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (context, ct) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
