using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>A customer as the platform knows it, in the platform's own words.</summary>
public sealed record PlatformCustomer(JsonElement Profile, IReadOnlyList<JsonElement> Trades);

/// <summary>
/// Asks the trading platform for a customer. The conversation never depends on it: whatever goes wrong there, the answer is null. A good
/// answer is kept for half a minute.
/// </summary>
public sealed partial class PlatformClient(HttpClient http, IMemoryCache cache, IOptions<PlatformOptions> options, ILogger<PlatformClient> logger)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    /// <summary>Null when the platform does not answer within the caller's patience, is not configured, or does not know the customer.</summary>
    public async Task<PlatformCustomer?> FindAsync(string userId, TimeSpan patience, CancellationToken ct)
    {
        // No escaping keeps "." and ".." in their place in an address: they would ask for something else.
        if (options.Value.BaseUrl.Length == 0 || userId is "." or "..")
        {
            return null;
        }

        var key = (typeof(PlatformCustomer), userId);
        if (cache.TryGetValue(key, out PlatformCustomer? known))
        {
            return known;
        }

        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            end.CancelAfter(patience);
            var user = $"users/{Uri.EscapeDataString(userId)}";
            var profile = http.GetFromJsonAsync<JsonElement>($"{user}/profile", end.Token);
            var trades = http.GetFromJsonAsync<JsonElement[]>($"{user}/trades?limit=50", end.Token);
            await Task.WhenAll(profile, trades);
            return cache.Set(key, new PlatformCustomer(await profile, await trades ?? []), KeptFor);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever goes wrong there, and it may be anything, the conversation goes on.
            Log.Unavailable(logger, e.GetType().Name);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The platform did not tell about a customer: {Error}")]
        public static partial void Unavailable(ILogger logger, string error);
    }
}
