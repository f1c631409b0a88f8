using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Intotes.Chat.Hosting;

/// <summary>The reverse proxies before this service; section <c>ReverseProxy</c>.</summary>
public sealed class ProxyOptions
{
    /// <summary>Addresses (<c>10.0.0.7</c>) or networks (<c>10.0.0.0/24</c>) whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed.</summary>
    public string[] KnownProxies { get; init; } = [];
}

/// <summary>Finds the client's address behind reverse proxies. Only configured proxies are believed.</summary>
public static partial class ProxyExtensions
{
    public static IServiceCollection AddProxies(this IServiceCollection services, IConfiguration configuration)
    {
        var proxies = configuration.GetSection("ReverseProxy").Get<ProxyOptions>()?.KnownProxies ?? [];
        if (Array.Find(proxies, proxy => !IsNetwork(proxy)) is { } malformed)
        {
            throw new Storage.CannotStartException($"ReverseProxy__KnownProxies must each be an IP address or a network such as 10.0.0.0/24, which '{malformed}' is not.");
        }

        return services.Configure<ForwardedHeadersOptions>(o =>
        {
            o.ForwardedHeaders = proxies.Length > 0 ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None;
            // Through as many of them as there are, and no further.
            o.ForwardLimit = null;
            o.KnownProxies.Clear();
            o.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
            {
                o.KnownIPNetworks.Add(Network(proxy));
            }
        });
    }

    /// <summary>Says once where a proxy seems to be there that nobody configured: then all clients share one address, and https is taken for http.</summary>
    public static WebApplication UseProxies(this WebApplication app)
    {
        var isToSay = app.Configuration.GetSection("ReverseProxy:KnownProxies").GetChildren().Any() ? 0 : 1;
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<ProxyOptions>();
        app.Use((http, next) =>
        {
            if (isToSay == 1 && http.Request.Headers.ContainsKey("X-Forwarded-For") && Interlocked.Exchange(ref isToSay, 0) == 1)
            {
                Log.UnknownProxy(logger);
            }

            return next(http);
        });
        app.UseForwardedHeaders();
        return app;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A request carries X-Forwarded-For, but ReverseProxy__KnownProxies is empty, so nobody's word is taken for it")]
        public static partial void UnknownProxy(ILogger logger);
    }

    /// <summary>Not all that .NET takes for an address: 10 would be 0.0.0.10, 010.0.0.1 would be 8.0.0.1, and the port of [::1]:80 be ignored.</summary>
    private static bool IsNetwork(string text) =>
        text.All(c => char.IsAsciiHexDigit(c) || c is '.' or ':' or '/')
        && (IPAddress.TryParse(text.Split('/')[0], out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text.Split('/')[0]))
        && (!text.Contains('/', StringComparison.Ordinal) || IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(address));

    private static IPNetwork Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.Parse(text) is var address ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : default;
}
