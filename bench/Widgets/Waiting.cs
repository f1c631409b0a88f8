using System.Net;
using System.Text;
using System.Text.Json;

namespace Widgets;

/// <summary>Widgets that wait, by server-sent events or by long polls, while messages are sent to some of them.</summary>
internal sealed class Waiting(Options options, Clients clients) : IDisposable
{
    /// <summary>Bytes; some 20 MB a second at 500 messages.</summary>
    private const long AllocatedMeanwhile = 1L << 30;

    private readonly CancellationTokenSource end = new();
    private readonly Deliveries deliveries = new();
    private readonly TaskCompletionSource allOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open, refused, reconnected;

    public static async Task<object> RunAsync(Options options, Clients clients)
    {
        using var waiting = new Waiting(options, clients);
        return await waiting.RunAsync();
    }

    public void Dispose() => end.Dispose();

    private async Task<object> RunAsync()
    {
        using var gate = new SemaphoreSlim(64);
        var widgets = options.Tokens.Select((_, widget) => Task.Run(() => StayAsync(widget, gate))).ToArray();
        await allOpen.Task;
        await Console.Out.WriteLineAsync("open");
        // Collections of this program, with all that ten thousand clients are made of, would hold up messages, rather than the service.
        GC.TryStartNoGCRegion(AllocatedMeanwhile);
        var paused = GC.GetTotalPauseDuration();
        if (options.Rate > 0)
        {
            await Schedule.RunAsync(options.Rate, options.Seconds, SendAsync);
            // What has not come then is lost: events look again every 15 seconds, and long polls every 25.
            for (var i = 0; i < 300 && !deliveries.IsComplete; i++)
            {
                await Task.Delay(100);
            }
        }
        else
        {
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds));
        }

        paused = GC.GetTotalPauseDuration() - paused;
        await end.CancelAsync();
        await Task.WhenAll(widgets);
        return new { widgets = widgets.Length, reconnected, ownPausesMilliseconds = paused.TotalMilliseconds, deliveries = deliveries.Describe(refused) };
    }

    private async Task StayAsync(int widget, SemaphoreSlim gate)
    {
        var (cursor, isOpen) = ("0-0", false);
        await gate.WaitAsync();
        while (!end.IsCancellationRequested)
        {
            try
            {
                cursor = options.Mode == "wait" ? await WaitAsync(widget, cursor) : await FollowAsync(widget, cursor);
            }
            catch (OperationCanceledException)
            {
                // The end.
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await Task.Delay(500);
            }

            Opened();
            Interlocked.Add(ref reconnected, end.IsCancellationRequested ? 0 : 1);
        }

        async Task<string> FollowAsync(int widget, string after)
        {
            using var request = Request(HttpMethod.Get, widget, options.Path ?? $"/api/v1/chat/events?after={after}");
            using var answer = (await clients.Of(widget).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token)).EnsureSuccessStatusCode();
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(end.Token), Encoding.UTF8);
            while (await lines.ReadLineAsync(end.Token) is { } line)
            {
                Opened();
                if (line.StartsWith("id:", StringComparison.Ordinal))
                {
                    cursor = after = line[3..].Trim();
                }
                else if (line.StartsWith("data:", StringComparison.Ordinal))
                {
                    deliveries.Received(widget, line);
                }
            }

            return after;
        }

        async Task<string> WaitAsync(int widget, string after)
        {
            using var request = Request(HttpMethod.Get, widget, $"/api/v1/chat/poll?wait=25&after={after}");
            var answering = clients.Of(widget).SendAsync(request, end.Token);
            // Nothing tells when the server has begun to wait.
            await Task.WhenAny(answering, Task.Delay(20));
            Opened();
            using var answer = (await answering).EnsureSuccessStatusCode();
            var json = await answer.Content.ReadAsStringAsync(end.Token);
            deliveries.Received(widget, json);
            using var poll = JsonDocument.Parse(json);
            return poll.RootElement.GetProperty("cursor").GetString()!;
        }

        void Opened()
        {
            if (isOpen)
            {
                return;
            }

            isOpen = true;
            gate.Release();
            if (Interlocked.Increment(ref open) == options.Tokens.Length)
            {
                allOpen.SetResult();
            }
        }
    }

    private async Task SendAsync(int number, long start)
    {
        // Spread evenly, never the same twice in a row.
        var widget = (int)(number * 7919L % options.Tokens.Length);
        deliveries.Sent(number, widget, start);
        using var request = Request(HttpMethod.Post, widget, "/api/v1/chat/message");
        request.Content = new StringContent($$"""{"text":"{{Deliveries.Text(number)}}"}""", Encoding.UTF8, "application/json");
        try
        {
            using var answer = await clients.Of(widget).SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.Created)
            {
                return;
            }
        }
        catch (HttpRequestException)
        {
            // Counted as the refusals are.
        }

        Interlocked.Increment(ref refused);
    }

    private HttpRequestMessage Request(HttpMethod method, int widget, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Chat-Session", options.Tokens[widget]);
        return request;
    }
}
