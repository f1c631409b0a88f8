using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>A crowd of widgets asks for more than a node can do. Their clocks run four hundred times as fast as real ones, so that some hundreds of them are a crowd.</summary>
[Collection(nameof(Alone))]
public sealed class OverloadTests
{
    private const int Widgets = 800, Hurry = 400, NominalMs = 6000;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(6), BetweenSends = TimeSpan.FromMilliseconds(25);

    [Fact]
    public async Task Polls_spread_out_as_they_are_told_and_sends_come_through_sooner_than_where_polls_do_not()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration, new() { ["Server__MaxConnectionsPerIp"] = "0" });
        // Until everything is compiled and connected.
        await RunAsync(service.Address, obeys: true);
        var obeying = await RunAsync(service.Address, obeys: true);
        var deaf = await RunAsync(service.Address, obeys: false);
        Console.WriteLine(
            $"Overload: told to wait up to {obeying.LongestPause} ms instead of {NominalMs}; polls {obeying.Polls} and {deaf.Polls} where nobody listens; sends p50 "
            + $"{obeying.Median.TotalMilliseconds:f0} and {deaf.Median.TotalMilliseconds:f0} ms, of {obeying.Sends} and {deaf.Sends} none failed.");

        // By itself the pause is spread by a fifth.
        Assert.True(obeying.LongestPause > NominalMs * 2, $"Nobody was told to wait for longer than {obeying.LongestPause} ms.");
        Assert.True(obeying.Polls < deaf.Polls, $"{obeying.Polls} polls of those that listen, {deaf.Polls} of those that do not.");
        Assert.True(obeying.Median < deaf.Median, $"A send took {obeying.Median} where polls spread out, {deaf.Median} where they do not.");
    }

    private static async Task<(int LongestPause, int Polls, int Sends, TimeSpan Median)> RunAsync(Uri node, bool obeys)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Widgets + 100 }) { BaseAddress = node };
        using var opened = await http.PostAsync(new Uri("/api/v1/chat/session", UriKind.Relative), null);
        http.DefaultRequestHeaders.Add("X-Chat-Session", (string?)(await opened.Content.ReadFromJsonAsync<JsonObject>())!["token"]);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (longest, polls) = (0, 0);
        var crowd = Enumerable.Range(0, Widgets).Select(_ => Task.Run(PollAsync)).ToList();

        var latencies = new List<Task<TimeSpan>>();
        var began = Stopwatch.GetTimestamp();
        for (var n = 0; Stopwatch.GetElapsedTime(began) < Duration; n++)
        {
            // At its time, however long those before it take; and from then on it counts.
            var late = Stopwatch.GetElapsedTime(began) - (n * BetweenSends);
            await Task.Delay(late < TimeSpan.Zero ? -late : TimeSpan.Zero, end.Token);
            latencies.Add(SendAsync(began + (long)(n * BetweenSends.TotalSeconds * Stopwatch.Frequency)));
        }

        TimeSpan[] took = [.. (await Task.WhenAll(latencies)).Order()];
        await end.CancelAsync();
        await Task.WhenAll(crowd);
        return (longest, polls, took.Length, took[took.Length / 2]);

        async Task PollAsync()
        {
            try
            {
                await Task.Delay(Random.Shared.Next(NominalMs / Hurry), end.Token);
                while (true)
                {
                    var answer = await http.GetFromJsonAsync<JsonObject>("/api/v1/chat/poll?after=99999999999999-0", end.Token);
                    var pause = (int)answer!["nextPollMs"]!;
                    Interlocked.Increment(ref polls);
                    longest = Math.Max(longest, pause);
                    await Task.Delay((obeys ? pause : NominalMs) / Hurry, end.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // It is over.
            }
        }

        async Task<TimeSpan> SendAsync(long intended)
        {
            using var sent = await http.PostAsJsonAsync("/api/v1/chat/message", new { text = "Is my order through?" }, CancellationToken.None);
            Assert.Equal(System.Net.HttpStatusCode.Created, sent.StatusCode);
            return Stopwatch.GetElapsedTime(intended);
        }
    }
}
