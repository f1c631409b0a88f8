namespace Intotes.Chat.Hosting;

/// <summary>Kestrel as this service uses it.</summary>
public static class ServerExtensions
{
    /// <summary>The largest request body: 4,000 characters outside the basic plane take 48,000 bytes where a client escapes them all.</summary>
    public const int MostBodyBytes = 64 * 1024;

    private const string DefaultAddress = "http://127.0.0.1:5080";

    /// <summary>Listens where <c>ASPNETCORE_URLS</c> says, else on loopback; takes no request larger than a chat needs.</summary>
    public static IWebHostBuilder UseServer(this IWebHostBuilder host, IConfiguration configuration)
    {
        if (string.IsNullOrEmpty(configuration[WebHostDefaults.ServerUrlsKey]))
        {
            host.UseUrls(DefaultAddress);
        }

        return host.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
        });
    }
}
