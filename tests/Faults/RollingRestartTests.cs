using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Two nodes behind nginx are restarted one after the other, as for an update; clients that repeat what failed notice nothing.</summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class RollingRestartTests
{
    private const double DrainSeconds = 1.5;

    /// <summary>At once is well before the drain is over.</summary>
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(15), AnsweredAtOnce = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Server__DrainSeconds"] = $"{DrainSeconds}",
        ["ReverseProxy__KnownProxies__0"] = "127.0.0.1",
    };

    [Fact]
    public async Task Both_nodes_are_restarted_and_nobody_notices()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var one = await ServiceProcess.StartAsync(redis.Configuration, Settings);
        await using var other = await ServiceProcess.StartAsync(redis.Configuration, Settings);
        await using var nginx = await Nginx.StartAsync(one.Address, other.Address);
        using var crowd = new Crowd([nginx.Address], writers: 20);
        using var http = new HttpClient { BaseAddress = nginx.Address };
        var token = (string)(await SendAsync(http, "POST", "chat/session", null)).Body["token"]!;
        crowd.Start();
        await crowd.ProgressAsync(300);

        foreach (var node in Enumerable.Repeat<ServiceProcess[]>([one, other], LongForm.Or(10, 2)).SelectMany(pair => pair))
        {
            await UntilBothServeAsync(http);
            var polls = Enumerable.Range(0, 8).Select(_ => SendAsync(http, "GET", "chat/poll?after=0-0&wait=25", token)).ToList();
            await crowd.ProgressAsync(100);
            var told = Stopwatch.GetTimestamp();
            var stopping = node.StopAsync();
            await AssertAnsweredAsync(polls, node, told);
            Assert.Equal(0, await stopping);
            Assert.True(Stopwatch.GetElapsedTime(told).TotalSeconds >= DrainSeconds, "It did not drain.");
            await node.StartAgainAsync();
            await UntilReadyAsync(node);
            await crowd.ProgressAsync(100);
        }

        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(30));
        var answers = crowd.Teller.Answers;
        var (none, failures) = (answers.Count(answer => answer.Status == 0), answers.Count(answer => answer.Status >= 500));
        Console.WriteLine($"Rolling restart behind nginx: {audit}; {Latencies.Of(answers.Select(answer => answer.Took))}; {none} were no answers, {failures} were 5xx, "
            + $"which repeating mended; nobody waited longer than {crowd.Teller.LongestWait.TotalSeconds:0.0} s.");
        Assert.True(audit.IsClean, $"{audit}");
        // What lies unaccepted at a listener that closes is reset, and nginx, rightly, does not repeat a POST by itself.
        Assert.True(none == 0 && failures <= answers.Count / 100, $"{none} requests got no answer and {failures} got 5xx: {string.Join("; ", crowd.Teller.StrayFailures.Take(5))}");
        Assert.True(crowd.Teller.LongestWait < TimeSpan.FromSeconds(4), $"Somebody waited {crowd.Teller.LongestWait}.");
    }

    /// <summary>Those that wait at the node are answered when it begins to drain; those at the other one wait on.</summary>
    private static async Task AssertAnsweredAsync(List<Task<(JsonNode Body, string Node)>> polls, ServiceProcess node, long told)
    {
        var answeredHere = 0;
        while (polls.Count > 0 && AnsweredAtOnce - Stopwatch.GetElapsedTime(told) is { Ticks: > 0 } left && await FirstAsync(polls, left) is { } poll)
        {
            polls.Remove(poll);
            var (body, name) = await poll;
            Assert.Equal((node.Address.Authority, 0), (name, body["messages"]!.AsArray().Count));
            answeredHere++;
        }

        Console.WriteLine($"{answeredHere} of 8 polls that waited at the draining node were answered at once; {polls.Count} wait on at the other.");
        Assert.InRange(answeredHere, 1, 7);
    }

    private static async Task<Task<(JsonNode Body, string Node)>?> FirstAsync(List<Task<(JsonNode Body, string Node)>> polls, TimeSpan within)
    {
        var first = Task.WhenAny(polls);
        return await Task.WhenAny(first, Task.Delay(within, TestContext.Current.CancellationToken)) == first ? await first : null;
    }

    /// <summary>nginx leaves a node alone for a second after it refused a connection, so the first second goes to the other one.</summary>
    private static async Task UntilBothServeAsync(HttpClient http)
    {
        var (seen, started) = (new HashSet<string>(), TimeProvider.System.GetTimestamp());
        while (seen.Count < 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < ReadyWithin, $"Only {string.Join(',', seen)} serves.");
            seen.Add((await SendAsync(http, "GET", "chat/availability", null)).Node);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static async Task UntilReadyAsync(ServiceProcess node)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await http.GetAsync(new Uri(node.Address, "/health/ready"), TestContext.Current.CancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < ReadyWithin, "The node is not ready.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(JsonNode Body, string Node)> SendAsync(HttpClient http, string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/" + path);
        if (token is not null)
        {
            request.Headers.Add("X-Chat-Session", token);
        }

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, text);
        return (JsonNode.Parse(text)!, string.Join(',', answer.Headers.GetValues("X-Node")));
    }
}
