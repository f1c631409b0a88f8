using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Storage;

/// <summary>What a request costs Redis, counted by Redis itself.</summary>
public sealed class RoundTripTests(CountedNode counted) : IClassFixture<CountedNode>
{
    private const int Times = 5;

    private ChatNodes Node => counted.Node;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_poll_is_one_round_trip_with_and_without_news_and_however_the_session_stands(bool account)
    {
        var (visitor, @operator) = (await VisitorAsync(account), ChatClient.Operator(Node));
        var cursor = (string)(await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"]!;

        await EveryPollIsOneAsync();
        var sessionId = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        await EveryPollIsOneAsync();
        (await @operator.PostAsync("operator/calls/claim", new { sessionId })).Expect(HttpStatusCode.OK);
        await EveryPollIsOneAsync();
        (await @operator.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);
        await EveryPollIsOneAsync();

        async Task EveryPollIsOneAsync()
        {
            // Once to warm up: what Redis has not seen yet it is sent in full, and the places in the queue are read once for a whole second.
            foreach (var query in (string[])["?after=0-0", $"?after={cursor}", "", "?wait=1&after=0-0", "?limit=1&after=0-0"])
            {
                await visitor.PollAsync(query);
                await IsEachAsync(1, () => visitor.PollAsync(query));
            }
        }
    }

    /// <summary>What is read says nothing of how it ended, so a script has to.</summary>
    [Fact]
    public async Task A_poll_after_the_end_of_a_closed_session_costs_two()
    {
        var visitor = await VisitorAsync(account: false);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        var end = (await visitor.PollAsync("?after=0-0"))["cursor"];
        await visitor.PollAsync($"?after={end}");

        await IsEachAsync(2, () => visitor.PollAsync($"?after={end}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_poll_without_a_cursor_that_finds_something_is_one_round_trip(bool account)
    {
        var visitor = await VisitorAsync(account);
        await visitor.PollAsync();

        for (var n = 0; n < Times; n++)
        {
            (await visitor.SayAsync($"Message {n}")).Expect(HttpStatusCode.Created);
            await IsAsync(1, async () => Assert.Equal([$"Message {n}"], (await visitor.PollAsync()).Texts()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sending_is_one_round_trip_for_the_first_time_again_and_refused(bool account)
    {
        var visitor = await VisitorAsync(account);
        (await visitor.SayAsync("To warm up")).Expect(HttpStatusCode.Created);

        await IsEachAsync(1, async () => (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created));
        await IsAsync(1, async () => (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created));
        await IsEachAsync(1, async () => (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.OK));
        await IsEachAsync(1, async () => (await visitor.SayAsync("Else", "m-1")).ExpectProblem(409, "client_message_id_reused"));
        await IsEachAsync(0, async () => (await visitor.SayAsync(" ")).ExpectInvalid("text"));
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        await IsEachAsync(1, async () => (await visitor.SayAsync("Hello")).ExpectProblem(409, "session_closed"));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(63, 1)]
    [InlineData(64, 1)]
    [InlineData(65, 2)]
    [InlineData(128, 2)]
    [InlineData(203, 4)]
    public async Task A_history_is_one_round_trip_for_each_64_short_entries(int entries, int roundTrips)
    {
        foreach (var account in (bool[])[false, true])
        {
            var visitor = await VisitorAsync(account: false);
            await Node.StoreAsync(visitor, account ? Math.Max(0, entries - 1) : entries);
            if (account)
            {
                visitor.Bearer = Jwt.Issue(ChatClient.NewId("user")); // takes the session over, which adds an entry
                (await visitor.OpenAsync()).Expect(HttpStatusCode.OK);
            }

            Assert.Equal(account ? Math.Max(1, entries) : entries, (await visitor.HistoryAsync()).Messages().Count);
            await IsAsync(roundTrips, () => visitor.HistoryAsync());
            await IsAsync(roundTrips, () => visitor.HistoryAsync("?event=false"));
            await IsAsync(1, () => visitor.HistoryAsync("?limit=50"));
        }
    }

    [Fact]
    public async Task A_forged_token_costs_one_round_trip_and_one_that_cannot_be_a_token_none()
    {
        var visitor = await VisitorAsync(account: false);
        await visitor.PollAsync();
        visitor.SessionToken = visitor.SessionToken![..23] + new string('A', 43);
        foreach (var query in (string[])["", "?after=0-0"])
        {
            await IsEachAsync(1, async () => (await visitor.GetAsync("chat/poll" + query)).ExpectProblem(401, "invalid_session_token"));
        }

        visitor.SessionToken = "no token";
        await IsEachAsync(0, async () => (await visitor.GetAsync("chat/poll")).ExpectProblem(401, "invalid_session_token"));
    }

    [Theory]
    [InlineData("chat/poll?after=0-0", "HMGET", "XRANGE", "PTTL")]
    [InlineData("chat/history", "HMGET", "XRANGE", "XREVRANGE")]
    [InlineData("chat/history?limit=5", "HMGET", "XREVRANGE", "XREVRANGE")]
    public async Task What_is_read_is_asked_for_before_anything_is_answered(string path, params string[] reads)
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var proxy = TcpProxy.To(redis.Port);
        await using var node = await ChatNodes.StartAsync($"127.0.0.1:{proxy.Port}", count: 1);
        await using var monitor = await RedisMonitor.StartAsync(redis.Port);
        var visitor = ChatClient.Anonymous(node);
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        (await visitor.GetAsync(path)).Expect(HttpStatusCode.OK);

        proxy.HoldReplies();
        await monitor.ReadAsync();
        var asked = new List<string>();
        var answer = visitor.GetAsync(path);
        for (var patience = 0; patience < 200 && asked.Count < reads.Length; patience++)
        {
            // Nothing can have been answered.
            await Task.Delay(20, TestContext.Current.CancellationToken);
            asked.AddRange((await monitor.ReadAsync()).Where(command => command.Contains(visitor.SessionToken![..22], StringComparison.Ordinal)));
        }

        Assert.Equal(reads, asked.Select(command => command.Split(' ')[0]));
        Assert.False(answer.IsCompleted);
        proxy.Heal();
        (await answer).Expect(HttpStatusCode.OK);
    }

    private async Task<ChatClient> VisitorAsync(bool account)
    {
        var visitor = account ? ChatClient.Account(Node, ChatClient.NewId("user")) : ChatClient.Anonymous(Node);
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        return visitor;
    }

    /// <summary>Several times, so that neither a warm-up nor something that comes late is taken for the price.</summary>
    private Task IsEachAsync(int roundTrips, Func<Task> act) => IsAsync(roundTrips * Times, async () =>
    {
        for (var n = 0; n < Times; n++)
        {
            await act();
        }
    });

    /// <summary>The three reads of a poll or a history are sent together, as another test here shows.</summary>
    private static List<string> Together(IReadOnlyList<string> commands)
    {
        var seen = new List<string>();
        for (var n = 0; n < commands.Count; n++)
        {
            string[] three = [.. commands.Skip(n).Take(3).Select(command => command.Split(' ')[0])];
            var areTogether = three is ["HMGET", "XRANGE", "PTTL"] or ["HMGET", "XRANGE" or "XREVRANGE", "XREVRANGE"];
            seen.Add(areTogether ? string.Join(" + ", commands.Skip(n).Take(3)) : commands[n]);
            n += areTogether ? 2 : 0;
        }

        return seen;
    }

    private async Task IsAsync(int roundTrips, Func<Task> act)
    {
        await Node.Services.GetRequiredService<BackgroundWriter>().IdleAsync(); // what came before
        var commands = Together(await counted.Monitor.CommandsAsync(act));
        Assert.True(commands.Count == roundTrips, $"{roundTrips} expected, {commands.Count} seen: {string.Join(", ", commands)}");
    }
}
