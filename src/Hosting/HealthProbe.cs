using System.Net;

namespace Intotes.Chat.Hosting;

/// <summary>
/// <c>Intotes.Chat --health [live|ready|startup]</c> asks the service on this machine, which has the same settings, how it is: for the health
/// check of an image that holds nothing else to ask with. It prints the answer; the exit code is 0 where it is 200, else 1.
/// </summary>
public static class HealthProbe
{
    private const string Argument = "--health";

    /// <summary>More than the service waits for Redis.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static bool IsAsked(string[] args) => args is [Argument, ..];

    /// <param name="args">The argument, and which health; unless it is named, that which Docker should restart a container for.</param>
    public static async Task<int> AskAsync(string[] args)
    {
        var path = args switch
        {
            [_] or [_, "startup"] => HealthExtensions.StartupPath,
            [_, "live"] => HealthExtensions.LivePath,
            [_, "ready"] => HealthExtensions.ReadyPath,
            _ => throw new Storage.CannotStartException($"{Argument} may be followed by live, ready or startup, and by nothing else."),
        };
        // Settings come from where the service has its own.
        var settings = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }).Configuration;
        var address = new Uri(Address(settings[WebHostDefaults.ServerUrlsKey]), path);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        // Its certificate names the host that clients know it by, and this is loopback or the machine's own address.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(address);
            Console.WriteLine($"{address} {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Console.WriteLine($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    /// <summary>Where to reach, from here, who listens at the first of these addresses.</summary>
    internal static Uri Address(string? urls)
    {
        var first = string.IsNullOrEmpty(urls) ? ServerExtensions.DefaultAddress : urls.Split(';')[0];
        var listens = BindingAddress.Parse(first);
        // Kestrel listens everywhere for any name but localhost.
        var host = listens.Host == "localhost" ? listens.Host
            : !IPAddress.TryParse(listens.Host, out var ip) || ip.Equals(IPAddress.Any) ? $"{IPAddress.Loopback}"
            : ip.Equals(IPAddress.IPv6Any) ? $"[{IPAddress.IPv6Loopback}]"
            : listens.Host;
        return new Uri($"{listens.Scheme}://{host}:{listens.Port}");
    }
}
