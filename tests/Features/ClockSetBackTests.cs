using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Features.Operators.Day;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features;

/// <summary>The clock of Redis is set back by ten minutes. Nobody waits ten minutes for that.</summary>
public sealed class ClockSetBackTests : IAsyncLifetime
{
    private const int Limit = 2;

    private static readonly TimeSpan Back = TimeSpan.FromMinutes(10), Lease = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ChatNodes Nodes => nodes!;

    private LeaseSweeper Sweeper => Nodes.Services.GetRequiredService<LeaseSweeper>();

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        var settings = new Dictionary<string, string>
        {
            ["Chat:Limits:MessagesPerMinute"] = $"{Limit}",
            ["Chat:Limits:PollsPerMinute"] = "20",
            ["Chat:OperatorLeaseSeconds"] = $"{Lease.TotalSeconds}",
        };
        nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1, settings, FakeTimeGateway.Register(clock));
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }

    [Fact]
    public async Task What_was_taken_of_a_limit_keeps_nobody_out_longer_than_the_limit_can()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await SayAllAsync(visitor);
        for (var poll = 0; poll < 20; poll++)
        {
            (await visitor.GetAsync("chat/poll")).Expect(HttpStatusCode.OK);
        }

        (await visitor.GetAsync("chat/poll")).ExpectProblem(429, "rate_limited");
        var permits = Nodes.Services.GetRequiredService<SharedRateLimits>();
        Assert.Null(await permits.TakeAsync("somebody", "sessions", 1, Ct));
        Assert.NotNull(await permits.TakeAsync("somebody", "sessions", 1, Ct));

        clock.AdjustTime(clock.GetUtcNow() - Back);

        await SayAllAsync(visitor);
        (await visitor.GetAsync("chat/poll")).Expect(HttpStatusCode.OK);
        Assert.Null(await permits.TakeAsync("somebody", "sessions", 1, Ct));
        Assert.NotNull(await permits.TakeAsync("somebody", "sessions", 1, Ct));
    }

    [Fact]
    public async Task A_step_of_less_than_a_minute_is_waited_for_and_no_more_is_granted()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await SayAllAsync(visitor);

        clock.AdjustTime(clock.GetUtcNow() - TimeSpan.FromSeconds(20));

        var refused = await visitor.SayAsync("One more");
        refused.ExpectProblem(429, "rate_limited");
        Assert.InRange(int.Parse(refused.Headers["Retry-After"].Single(), System.Globalization.CultureInfo.InvariantCulture), 1, 90);
    }

    [Fact]
    public async Task What_an_operator_has_that_is_gone_returns_after_its_lease()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        await visitor.ServeAsync(dana);

        clock.AdjustTime(clock.GetUtcNow() - Back);
        await Sweeper.SweepAsync(Ct);
        Assert.Equal("active", (string?)(await visitor.PollAsync("?after=0-0"))["status"]);
        clock.Advance(Lease + TimeSpan.FromSeconds(2));
        await Sweeper.SweepAsync(Ct);

        Assert.Equal("waiting", (string?)(await visitor.PollAsync("?after=0-0"))["status"]);
    }

    [Fact]
    public async Task A_call_that_was_lent_to_a_claim_that_never_came_through_is_served_soon()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var sessionId = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        var claims = Nodes.Services.GetRequiredService<ClaimStore>();
        Assert.Equal(sessionId, (await claims.LendAsync("support", "gone", null, Ct)).SessionId);

        clock.AdjustTime(clock.GetUtcNow() - Back);
        await Sweeper.SweepAsync(Ct);
        clock.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(sessionId, (await claims.LendAsync("support", "dana", null, Ct)).SessionId);
    }

    [Fact]
    public async Task The_earlier_caller_is_served_first()
    {
        var sessions = new List<string>();
        async Task CallAsync() =>
            sessions.Add((string)(await (await MessageSteps.VisitorAsync(Nodes)).CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!);

        await CallAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        await CallAsync();
        clock.AdjustTime(clock.GetUtcNow() - Back);
        await CallAsync();
        clock.Advance(TimeSpan.FromSeconds(1));
        await CallAsync();

        var queue = Nodes.Services.GetRequiredService<QueueStore>();
        Assert.Equal(sessions, await queue.HeadAsync("support", 10, Ct));

        // One that an operator had comes back to its place.
        var dana = ChatClient.Operator(Nodes);
        (await dana.PostAsync("operator/calls/claim", new { sessionId = sessions[1] })).Expect(HttpStatusCode.OK);
        (await dana.PostAsync($"operator/sessions/{sessions[1]}/release")).Expect(HttpStatusCode.OK);
        Assert.Equal(sessions, await queue.HeadAsync("support", 10, Ct));
    }

    [Theory]
    [InlineData("?after=0-0")]
    [InlineData("")]
    public async Task Who_wrote_before_is_not_said_to_be_writing_for_ten_minutes(string poll)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var key = Keys.Typing(SessionToken.Parse(visitor.SessionToken!)!.SessionId, "operator");
        await Nodes.Redis.Database.StringSetAsync(key, "", TimeSpan.FromSeconds(5));
        Assert.True((bool)(await visitor.PollAsync(poll))["typing"]!);

        // Redis keeps the end, so that is what is left where its clock was set back.
        await Nodes.Redis.Database.KeyExpireAsync(key, Back + TimeSpan.FromSeconds(5));

        Assert.False((bool)(await visitor.PollAsync(poll))["typing"]!);
    }

    [Fact]
    public async Task No_time_that_passed_is_less_than_none()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        clock.AdjustTime(clock.GetUtcNow() - Back);
        var sessionId = (string)(await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]!;
        clock.AdjustTime(clock.GetUtcNow() - Back);
        (await dana.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);

        foreach (var kind in (string[])["wait", "busy"])
        {
            Assert.All(await Nodes.Redis.Database.SortedSetRangeByRankAsync(Keys.Samples("support", kind)), sample => Assert.DoesNotContain(",-", (string?)sample, StringComparison.Ordinal));
        }
    }

    private static async Task SayAllAsync(ChatClient visitor)
    {
        for (var n = 0; n < Limit; n++)
        {
            (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        }

        (await visitor.SayAsync("One more")).ExpectProblem(429, "rate_limited");
    }
}
