using StackExchange.Redis;

namespace Compare;

/// <summary>The rows of requests: the same ones to baseline and service, over the same streams.</summary>
internal sealed class Work(Server redis, Server baseline, Server service, Population population, Settings settings)
{
    public const string Text = "I have a question about my recent trade.";

    private const string Visitor = "X-Chat-Session";

    public async Task<Row> PollAsync()
    {
        var requests = Polls(await population.SessionsAsync(200, 10), 10);
        return Row.OfPair("poll, nothing new, session token", 0.9, await InterleaveAsync(requests, requests));
    }

    public async Task<Row> PollByAccountAsync()
    {
        var accounts = await population.AccountsAsync(200);
        string Of(Func<string, string> path) => population.Requests(accounts.Select(account => ("GET", path(account.Session), "Authorization", "Bearer " + account.Jwt, "")));
        return Row.OfPair("poll, nothing new, account's JWT", 0.8, await InterleaveAsync(
            Of(session => $"/api/v1/chat/poll?after=0-0&sessionId={session}"), Of(_ => "/api/v1/chat/poll?after=0-0")));
    }

    public async Task<Row> SendAsync()
    {
        var sessions = await population.SessionsAsync(1000, 1);
        var requests = population.Requests(sessions.Select(token => ("POST", "/api/v1/chat/message", Visitor, token, $$"""{"text":"{{Text}}"}""")));
        return Row.OfPair("send a message", 0.8, await InterleaveAsync(requests, requests));
    }

    public async Task<Row> HistoryAsync()
    {
        var sessions = await population.SessionsAsync(200, 50);
        var requests = population.Requests(sessions.Select(token => ("GET", "/api/v1/chat/history", Visitor, token, "")));
        return Row.OfPair("history of 50 messages", 0.8, await InterleaveAsync(requests, requests));
    }

    public async Task<Row> ManySessionsAsync()
    {
        var (few, many) = (Polls(await population.SessionsAsync(10, 2), 2), Polls(await population.SessionsAsync(100_000, 2), 2));
        return await CompareAsync("poll at 100,000 sessions (service) against 10 (in the baseline's column)", few, many);
    }

    public async Task<Row> LongSessionsAsync()
    {
        var (few, many) = (Polls(await population.SessionsAsync(10, 10), 10), Polls(await population.SessionsAsync(10, 10_000), 10_000));
        return await CompareAsync("poll at 10,000 messages in the session (service) against 10 (in the baseline's column)", few, many);
    }

    /// <summary>One service in two states. Ten sessions take all polls of one side, more than any limit permits each.</summary>
    private async Task<Row> CompareAsync(string work, string few, string many)
    {
        await using var unlimited = await Server.Service(redis, countsPolls: false).ReadyAsync("/health/ready");
        return Row.OfPair(work, 0.95, await Load.InterleaveAsync(new Side(unlimited, few), new Side(unlimited, many), settings.Rounds, settings.Seconds));
    }

    /// <summary>Bytes allocated per poll: the service's as its metric says (System.Runtime), the baseline's by the same counter.</summary>
    public async Task<Row> AllocationAsync()
    {
        var requests = Polls(await population.SessionsAsync(200, 10), 10);
        var (ofBaseline, ofService) = (new double[settings.Rounds], new double[settings.Rounds]);
        await InterleaveAsync(requests, requests, rounds: 1);
        for (var i = 0; i < settings.Rounds; i++)
        {
            ofBaseline[i] = await PerPollAsync(baseline, () => Counters.ReadAsync(new Uri(baseline.Url, "/allocated"), null));
            ofService[i] = await PerPollAsync(service, () => Counters.ReadAsync(new Uri($"http://127.0.0.1:{service.Management}/metrics"), "dotnet_gc_heap_total_allocated_bytes_total"));
        }

        var (one, other) = (Row.Median(ofBaseline), Row.Median(ofService));
        return new Row(
            "bytes allocated per poll", "at most 1.5", Row.Text($"{one:n0} B"), Row.Text($"{other:n0} B"), other / one,
            Row.Text($"{ofService.Min() / one:f2} to {ofService.Max() / one:f2}"), null, other / one <= 1.5, new { baseline = ofBaseline, service = ofService });

        async Task<double> PerPollAsync(Server server, Func<Task<double>> allocated)
        {
            var before = await allocated();
            var round = await Load.RunAsync(new Side(server, requests), settings.Seconds);
            return (await allocated() - before) / round.Requests;
        }
    }

    /// <summary>
    /// How often a poll makes the service wait for Redis: each of the commands that MONITOR shows counts, but the three reads of a poll as one, for as many
    /// pipelines as the service's metric tells of. That a pipeline's commands go together a test shows.
    /// </summary>
    public async Task<Row> RoundTripsAsync(IDatabase redis)
    {
        const int count = 500;
        var tokens = await population.SessionsAsync(count, 1);
        using var client = new HttpClient { BaseAddress = service.Url };
        var before = await PipelinesAsync();
        var commands = await Counters.CommandsAsync(redis, async () =>
        {
            foreach (var token in tokens)
            {
                using var poll = new HttpRequestMessage(HttpMethod.Get, "/api/v1/chat/poll?after=" + Population.Cursor(1)) { Headers = { { Visitor, token } } };
                using var answer = await client.SendAsync(poll);
                answer.EnsureSuccessStatusCode();
            }
        }, tokens.Select(token => token[..22]).ToHashSet());
        var together = Math.Min(Counters.ReadsOfPolls(commands), await PipelinesAsync() - before);
        var each = (commands.Count - (2 * together)) / count;
        var seen = new SortedDictionary<string, int>(commands.CountBy(command => command).ToDictionary(), StringComparer.Ordinal);
        return new Row(
            "round trips to Redis per poll", "1", "1", Row.Text($"{each:f2}: {string.Join(", ", seen.Select(command => $"{command.Key} {command.Value}"))} in {count} polls"), null, "", null,
            each is >= 1 and < 1.01, seen);

        Task<double> PipelinesAsync() =>
            Counters.ReadAsync(new Uri($"http://127.0.0.1:{service.Management}/metrics"), "db_client_operation_duration_seconds_count", "db_operation_name=\"PIPELINE\"");
    }

    private string Polls(string[] tokens, int messages) =>
        population.Requests(tokens.Select(token => ("GET", "/api/v1/chat/poll?after=" + Population.Cursor(messages), Visitor, token, "")));

    private Task<(Round[] Baseline, Round[] Service)> InterleaveAsync(string ofBaseline, string ofService, int? rounds = null) =>
        Load.InterleaveAsync(new Side(baseline, ofBaseline), new Side(service, ofService), rounds ?? settings.Rounds, settings.Seconds);
}
