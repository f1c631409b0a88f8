using System.Net;
using System.Text.Json;
using System.Text.Unicode;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>A customer as the platform knows it, in the platform's own words.</summary>
public sealed record PlatformCustomer(JsonElement Profile, IReadOnlyList<JsonElement> Trades);

/// <summary>The platform's recent answers.</summary>
public sealed class PlatformAnswers() : MemoryCache(new MemoryCacheOptions { SizeLimit = 32 * PlatformClient.MostBytes });

/// <summary>
/// Asks the trading platform for a customer. The conversation never depends on it: any failure there, and any answer beyond the limits here,
/// the result is null. A good answer is kept for half a minute.
/// </summary>
public sealed partial class PlatformClient(HttpClient http, PlatformAnswers cache, IOptions<PlatformOptions> options, ILogger<PlatformClient> logger)
{
    /// <summary>Of one answer.</summary>
    public const int MostBytes = 1024 * 1024, MostDepth = 32, MostTrades = 50;

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private static readonly JsonSerializerOptions Json = new() { MaxDepth = MostDepth, Encoder = ChatEncoder.Instance };

    /// <summary>Null when the platform does not answer within the caller's patience, is not configured, or does not know the customer.</summary>
    public async Task<PlatformCustomer?> FindAsync(string userId, TimeSpan patience, CancellationToken ct)
    {
        // No escaping keeps "." and ".." in their place in an address: they would ask for something else.
        if (options.Value.BaseUrl.Length == 0 || userId is "." or "..")
        {
            return null;
        }

        if (cache.TryGetValue(userId, out PlatformCustomer? known))
        {
            return known;
        }

        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            end.CancelAfter(patience);
            var user = $"users/{Uri.EscapeDataString(userId)}";
            var answers = await Task.WhenAll(
                AskAsync($"{user}/profile", JsonValueKind.Object, end.Token), AskAsync($"{user}/trades?limit={MostTrades}", JsonValueKind.Array, end.Token));
            if (Array.Find(answers, answer => answer.Fault is not null) is { Fault: { } fault })
            {
                if (!Array.Exists(answers, answer => answer.Fault == Answer.Unknown))
                {
                    Log.Unavailable(logger, fault);
                }

                return null;
            }

            var found = new PlatformCustomer(answers[0].Value, [.. answers[1].Value.EnumerateArray()]);
            return cache.Set(userId, found, new MemoryCacheEntryOptions { Size = answers.Sum(answer => answer.Bytes), AbsoluteExpirationRelativeToNow = KeptFor });
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Any failure there: the conversation goes on.
            Log.Unavailable(logger, e.GetType().Name);
            return null;
        }
    }

    private async Task<Answer> AskAsync(string address, JsonValueKind kind, CancellationToken ct)
    {
        using var response = await http.GetAsync(new Uri(address, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new(response.StatusCode == HttpStatusCode.NotFound ? Answer.Unknown : $"status {(int)response.StatusCode}");
        }

        if (response.Content.Headers.ContentType?.CharSet?.Trim('"') is { } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return new("charset");
        }

        // Throws where there are more, as does what is nested more deeply.
        await response.Content.LoadIntoBufferAsync(MostBytes, ct);
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        if (!Utf8.IsValid(body))
        {
            return new("encoding");
        }

        var value = JsonSerializer.Deserialize<JsonElement>(body, Json);
        if (value.ValueKind != kind || (kind == JsonValueKind.Array && value.GetArrayLength() > MostTrades))
        {
            return new("form");
        }

        // A text may be fit to be read but not to be written, such as half of a surrogate pair; or become much longer. The operator's answer holds it.
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, Json).Length;
        return bytes > MostBytes ? new("size") : new(null, value, bytes);
    }

    /// <param name="Fault">Why it is of no use, in a word; null where it is.</param>
    private sealed record Answer(string? Fault, JsonElement Value = default, int Bytes = 0)
    {
        /// <summary>The platform does not know the customer, which is nothing to log.</summary>
        public const string Unknown = "unknown";
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The platform did not tell about a customer: {Error}")]
        public static partial void Unavailable(ILogger logger, string error);
    }
}
