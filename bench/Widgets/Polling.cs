using System.Diagnostics;

namespace Widgets;

/// <summary>Widgets that poll at a fixed rate, however long the answers take.</summary>
internal static class Polling
{
    public static async Task<object> RunAsync(Options options, Clients clients)
    {
        var (latencies, failed) = (new Latencies(), 0);
        await Schedule.RunAsync(options.Rate, options.Seconds, async (number, start) =>
        {
            var widget = number % options.Tokens.Length;
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Path ?? "/api/v1/chat/poll?after=0-0");
            request.Headers.Add("X-Chat-Session", options.Tokens[widget]);
            try
            {
                using var answer = await clients.Of(widget).SendAsync(request);
                answer.EnsureSuccessStatusCode();
                latencies.Add(Stopwatch.GetElapsedTime(start));
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref failed);
            }
        });
        return new { failed, milliseconds = latencies.Describe() };
    }
}
