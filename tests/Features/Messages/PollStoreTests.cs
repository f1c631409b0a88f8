using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Features;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Polls are plain reads where they change nothing, else a script; and both must say the same.</summary>
public sealed class PollStoreTests(ChatNodes nodes) : IClassFixture<ChatNodes>
{
    private const string Someone = "user-1", Other = "user-2", Dana = "dana";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private PollStore Polls => nodes.Services.GetRequiredService<PollStore>();

    [Fact]
    public async Task Reads_and_script_let_in_the_same_callers()
    {
        var (token, stranger, let) = (SessionToken.New(), SessionToken.New(), 0);
        string[] fields = ["token", "user", "superseded", "operator"];
        // Every session that there can be, whatever of these it has, and none.
        for (var has = 0; has < 1 << fields.Length; has++)
        {
            var id = token.SessionId + has;
            foreach (var field in fields.Where((_, n) => (has & (1 << n)) != 0))
            {
                await nodes.Redis.Database.HashSetAsync(Keys.Session(id), [new("status", "open"), new(field, field switch { "token" => token.Digest, "user" => Someone, "operator" => Dana, _ => "1" })]);
            }

            foreach (var caller in (SessionAccess[])
            [
                SessionAccess.ByToken(token), SessionAccess.ByToken(stranger), SessionAccess.OfAccount(id, Someone, confirmed: false), SessionAccess.OfAccount(id, Someone, confirmed: true),
                SessionAccess.OfAccount(id, Other, confirmed: true), SessionAccess.OfOperator(id, new Caller.Operator(Dana, "Dana", false)),
                SessionAccess.OfOperator(id, new Caller.Operator("eve", "Eve", false)), SessionAccess.OfSupervisor(id),
            ])
            {
                var access = caller with { SessionId = id };
                var read = await Polls.PollAsync(access, new Caller.Visitor(token), Cursor.Start, 10, Ct);
                var scripted = await Polls.PollAsync(access, new Caller.Visitor(token), null, 10, Ct);
                Assert.Equal((access, scripted.IsDenied), (access, read.IsDenied));
                let += read.IsDenied ? 0 : 1;
            }
        }

        // With each of its own, twice for an account that nobody took the place of; a supervisor wherever there is one.
        Assert.Equal(8 + 4 + 8 + 8 + 15, let);
    }

    [Fact]
    public async Task Reads_and_script_tell_the_same()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(nodes), ChatClient.Operator(nodes));
        await SameAsync(visitor);
        (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created);
        await SameAsync(visitor);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        await SameAsync(visitor);
        var session = await visitor.ServeAsync(dana);
        var answer = (await dana.PostAsync("chat/message", new { text = "Good morning 😀", sessionId = session })).Expect(HttpStatusCode.Created);
        (await dana.PostAsync("chat/typing", new { typing = true, sessionId = session })).Expect(HttpStatusCode.NoContent);
        (await dana.PostAsync("chat/read", new { upTo = answer["id"], sessionId = session })).Expect(HttpStatusCode.NoContent);
        Assert.True((bool)(await SameAsync(visitor))["typing"]!);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("closed", (string?)(await SameAsync(visitor))["status"]);
    }

    [Fact]
    public async Task The_plainest_poll_is_answered_as_any_other()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var token = visitor.SessionToken!;
        foreach (var (sent, after, problem) in ((string, string, string?)[])[("", "0-0", null), ("x", "0-0", "invalid_session_token"), ("", "1-", "invalid_cursor"), ("A", "0-0", "invalid_session_token")])
        {
            visitor.SessionToken = sent == "A" ? token[..^1] + (token[^1] == 'A' ? 'B' : 'A') : token + sent;
            var (plain, full) = (await visitor.GetAsync($"chat/poll?after={after}"), await visitor.GetAsync($"chat/poll?after={after}&limit=200"));
            Assert.Equal(full.Status, plain.Status);
            Assert.Equal(problem, (string?)plain.Body?["code"]);
            Assert.Equal(problem, (string?)full.Body?["code"]);
        }
    }

    [Fact]
    public async Task Nobody_is_told_that_a_session_is_closed_without_the_entry_that_says_so()
    {
        await using var moving = await ChatNodes.StartAsync(nodes.Redis.Configuration, count: 1, change: LateSessions.Register);
        var visitor = await MessageSteps.VisitorAsync(moving);
        var cursor = (string?)(await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"];
        var id = visitor.SessionToken![..22];
        ((LateSessions)moving.Services.GetRequiredService<RedisGateway>()).Around = (
            () => nodes.Redis.Database.HashSetAsync(Keys.Session(id), "status", "closed"),
            () => nodes.Redis.Database.StreamAddAsync(
                Keys.Messages(id), [new("from", "system"), new("name", ""), new("text", "Over."), new("event", "closed")]));

        var answer = await visitor.PollAsync($"?after={cursor}");

        Assert.Equal("closed", (string?)answer["status"]);
        Assert.Equal(["closed"], answer.Events());
    }

    [Theory]
    [InlineData(40, 1, 40)]
    [InlineData(40, 2, 60)]
    [InlineData(3, 2, 3)]
    public async Task More_nodes_permit_a_quarter_more_each_at_most(int perMinute, int count, int most)
    {
        await using var limited = await ChatNodes.StartAsync(
            nodes.Redis.Configuration, count, new Dictionary<string, string> { ["Chat:Limits:PollsPerMinute"] = $"{perMinute}" });
        var visitor = await MessageSteps.VisitorAsync(limited);

        var answered = 0;
        while ((await visitor.GetAsync("chat/poll?after=0-0")).Status == HttpStatusCode.OK)
        {
            answered++;
            Assert.True(answered <= 2 * most);
        }

        // A few come back while this runs.
        Assert.InRange(answered, perMinute, most * 3 / 2);
        (await visitor.GetAsync("chat/poll?after=0-0")).ExpectProblem(429, "rate_limited");
    }

    [Theory]
    [InlineData("chat/poll?after=0-0")]
    [InlineData("chat/history")]
    public async Task Polls_at_the_same_time_are_no_more_than_the_limit_and_a_quarter(string path)
    {
        const int perMinute = 40, most = perMinute * 5 / 4;
        await using var limited = await ChatNodes.StartAsync(
            nodes.Redis.Configuration, 1, new Dictionary<string, string> { ["Chat:Limits:PollsPerMinute"] = $"{perMinute}" });
        var visitor = await MessageSteps.VisitorAsync(limited);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4 * most).Select(_ => visitor.GetAsync(path)));

        // A few come back while this runs.
        Assert.InRange(answers.Count(answer => answer.Status == HttpStatusCode.OK), perMinute, most * 3 / 2);
    }

    [Fact]
    public void A_quarter_of_the_polls_of_a_minute_is_let_in_then_all_are_counted_with_those()
    {
        var time = new FakeTimeProvider();
        var counts = new PollCounts(Options.Create(new ChatOptions { Limits = new ChatLimits { PollsPerMinute = 48 } }), time);
        var visitor = SessionAccess.ByToken(SessionToken.New()) with { Allowance = "polls 48" };
        for (var minute = 0; minute < 2; minute++)
        {
            List<int> due = [];
            for (var n = 0; n < 15; n++)
            {
                due.Add(counts.Due(visitor));
                Assert.Equal(n < 12, counts.IsFree(visitor));
            }

            Assert.Equal([.. Enumerable.Repeat(0, 12), 13, 1, 1], due);
            Assert.Equal(0, counts.Due(SessionAccess.ByToken(SessionToken.New()) with { Allowance = "polls 48" }));
            Assert.Equal(0, counts.Due(SessionAccess.OfOperator(visitor.SessionId, new Caller.Operator(Dana, "Dana", false)) with { Allowance = "polls 48" }));
            Assert.Equal(0, counts.Due(visitor with { Allowance = "" }));
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private static async Task<Answer> SameAsync(ChatClient visitor)
    {
        // A poll without a cursor is served by the script, and told what is new since the last one.
        var (read, scripted) = (await visitor.PollAsync("?after=0-0"), await visitor.PollAsync("?limit=500"));
        foreach (var field in (string[])["cursor", "status", "operator", "typing", "readUpTo"])
        {
            Assert.Equal(scripted[field]?.ToJsonString(), read[field]?.ToJsonString());
        }

        var (all, last) = (read["messages"]!.AsArray(), scripted["messages"]!.AsArray());
        Assert.Equal(last.Select(m => m!.ToJsonString()), all.Skip(all.Count - last.Count).Select(m => m!.ToJsonString()));
        return read;
    }

    /// <summary>Where a session is closed while it is polled: its status is seen, which a Cluster that moves it may answer last, but not the entry.</summary>
    private sealed class LateSessions(RedisConnection connection, RedisResilience resilience, IMeterFactory meters)
        : RedisGateway(connection, resilience, meters)
    {
        public (Func<Task> Before, Func<Task> After)? Around { get; set; }

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, LateSessions>();

        public override async Task<T> PipelineAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            await (Around?.Before() ?? Task.CompletedTask);
            var reply = await base.PipelineAsync(size, key, call, run, ct);
            await (Around?.After() ?? Task.CompletedTask);
            return reply;
        }
    }
}
