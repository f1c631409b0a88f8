using System.Diagnostics;

namespace Compare;

/// <summary>The rows of whole nodes: how two share the work, and how soon one is there.</summary>
internal sealed class Nodes(Server redis, Population population, Settings settings)
{
    /// <summary>
    /// Polls for each second of processor time that the nodes got: two at once, each on a core of its own, against one of them alone. Wall-clock rates
    /// would tell of the machine, on which Redis and wrk need cores as well.
    /// </summary>
    public async Task<Row> TwoAsync()
    {
        const string work = "two nodes over one Redis: polls per second of their processor time, against one alone";
        if (Environment.ProcessorCount < 2)
        {
            return new Row(work, "at least 0.90", "", "needs two cores", null, "", null, null, new { });
        }

        var tokens = await population.SessionsAsync(200, 10);
        var requests = population.Requests(tokens.Select(token => ("GET", "/api/v1/chat/poll?after=" + Population.Cursor(10), "X-Chat-Session", token, "")));
        await using var first = await Server.Service(redis, core: 0).ReadyAsync("/health/ready");
        await using var second = await Server.Service(redis, core: 1).ReadyAsync("/health/ready");
        Side[] sides = [new Side(first, requests), new Side(second, requests)];
        foreach (var side in sides)
        {
            await Load.WarmUpAsync(side);
        }

        var (alone, together) = (new List<double>(), new List<double>());
        var rates = new List<double[]>();
        for (var i = 0; i < settings.Rounds; i++)
        {
            alone.Add(1e6 / (await Load.RunAsync(sides[i % 2], settings.Seconds)).Micros);
            var both = await Task.WhenAll(sides.Select(side => Load.RunAsync(side, settings.Seconds)));
            together.Add(1e6 * both.Sum(round => round.Requests) / both.Sum(round => round.Requests * round.Micros));
            rates.Add([.. both.Select(round => round.Rate)]);
        }

        var (one, two) = (Row.Median(alone), Row.Median(together));
        var ratios = together.Zip(alone, (both, single) => both / single).Order().ToArray();
        return new Row(
            work, "at least 0.90", Row.Text($"{one:n0} (one)"), Row.Text($"{two:n0} (two)"), two / one, Row.Text($"{ratios[0]:f2} to {ratios[^1]:f2}"), null, two / one >= 0.9,
            new { alone, together, rates });
    }

    /// <summary>From the start of the process until a widget has its first answer; Redis is up, and so is the session.</summary>
    public async Task<Row> StartAsync()
    {
        var token = (await population.SessionsAsync(1, 1))[0];
        var (bare, service) = (new List<double>(), new List<double>());
        for (var i = 0; i < settings.Rounds; i++)
        {
            bare.Add(await FirstPollAsync(() => Server.Baseline(redis), token));
            service.Add(await FirstPollAsync(() => Server.Service(redis), token));
        }

        var (one, other) = (Row.Median(bare), Row.Median(service));
        return new Row(
            "start to first answered poll", "under 1.5 s", Row.Text($"{one:f2} s"), Row.Text($"{other:f2} s"), other / one, Row.Text($"{service.Min():f2} to {service.Max():f2} s"), null, other < 1.5,
            new { bare, service });
    }

    private static async Task<double> FirstPollAsync(Func<Server> start, string token)
    {
        var began = Stopwatch.GetTimestamp();
        await using var server = start();
        using var client = new HttpClient { BaseAddress = server.Url };
        client.DefaultRequestHeaders.Add("X-Chat-Session", token);
        await server.UntilAsync(async () => (await client.GetAsync(new Uri("/api/v1/chat/poll?after=0-0", UriKind.Relative))).IsSuccessStatusCode);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
