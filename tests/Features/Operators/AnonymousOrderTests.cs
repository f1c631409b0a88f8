using System.Net;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>What a supervisor lets anonymous visitors do, on two nodes over a Redis of their own.</summary>
public sealed class AnonymousOrderTests : IAsyncLifetime
{
    private const int PerMinute = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>It stands still, so that nodes learn of an order by its announcement alone.</summary>
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    private ChatNodes Nodes => nodes!;

    private ChatClient Sue => ChatClient.Operator(Nodes, role: "supervisor");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(
            redis.Configuration, settings: new Dictionary<string, string>
            {
                ["Chat:Limits:AnonymousSessionsPerMinute"] = $"{PerMinute}",
                ["ReverseProxy:KnownProxies:0"] = "127.0.0.1",
            },
            change: services => services.AddSingleton<TimeProvider>(time));
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }

    [Fact]
    public async Task Off_holds_on_all_nodes_at_once_and_asks_to_sign_in_while_a_conversation_goes_on()
    {
        var (talking, waiting, silent) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));
        var dana = ChatClient.Operator(Nodes);
        await talking.ServeAsync(dana);
        await waiting.CallOperatorAsync();
        Assert.Equal("open", (string?)(await Sue.GetAsync("operator/anonymous")).Expect(HttpStatusCode.OK)["state"]);

        await OrderAsync(new { state = "off" }, AnonymousState.Off);

        await OnBothAsync(async () => (await ChatClient.Anonymous(Nodes).OpenAsync()).ExpectProblem(403, "sign_in_required"));
        await OnBothAsync(async () => (await silent.SayAsync("Hello")).ExpectProblem(403, "sign_in_required"));
        await OnBothAsync(async () => (await silent.CallOperatorAsync()).ExpectProblem(403, "sign_in_required"));
        await OnBothAsync(async () => (await waiting.SayAsync("Hello")).ExpectProblem(403, "sign_in_required"));
        (await waiting.CallOperatorAsync()).Expect(HttpStatusCode.OK); // it keeps its place
        await OnBothAsync(async () => (await talking.SayAsync("Hello")).Expect(HttpStatusCode.Created));
        await OnBothAsync(async () => (await silent.OpenAsync()).Expect(HttpStatusCode.OK));
        await OnBothAsync(async () => await silent.PollAsync("?after=0-0"));
        (await silent.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        (await waiting.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);

        // Who signs in takes its session along.
        talking.Bearer = Jwt.Issue(ChatClient.NewId("user"));
        (await talking.OpenAsync()).Expect(HttpStatusCode.OK);
        (await talking.SayAsync("It is me")).Expect(HttpStatusCode.Created);
        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        (await account.SayAsync("Hello")).Expect(HttpStatusCode.Created);

        await OrderAsync(new { state = "open" }, AnonymousState.Open);
        await OnBothAsync(async () => (await ChatClient.Anonymous(Nodes).OpenAsync()).Expect(HttpStatusCode.Created));
    }

    [Fact]
    public async Task Limited_makes_so_many_sessions_a_minute_in_the_whole_service()
    {
        await OrderAsync(new { state = "limited" }, AnonymousState.Limited);
        for (var n = 0; n < PerMinute; n++)
        {
            (await OpenAsync(LimitedNodes.NewAddress())).Expect(HttpStatusCode.Created);
        }

        await OnBothAsync(async () => Assert.InRange(LimitedNodes.RetryAfter(await OpenAsync(LimitedNodes.NewAddress())), 1, 60 / PerMinute));
        (await ChatClient.Account(Nodes, ChatClient.NewId("user")).OpenAsync()).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Limited_leaves_to_others_what_one_address_or_network_cannot_have()
    {
        await OrderAsync(new { state = "limited" }, AnonymousState.Limited);
        var (greedy, network) = (LimitedNodes.NewAddress(), $"2001:db8:{Random.Shared.Next(0x10000):x}:{Random.Shared.Next(0x10000):x}");
        (await OpenAsync(greedy)).Expect(HttpStatusCode.Created);
        for (var n = 0; n < 5; n++)
        {
            await OnBothAsync(async () => Assert.InRange(LimitedNodes.RetryAfter(await OpenAsync(greedy)), 1, 60));
        }

        (await OpenAsync($"{network}::1")).Expect(HttpStatusCode.Created);
        await OnBothAsync(async () => LimitedNodes.RetryAfter(await OpenAsync($"{network}:a::2")));
        (await OpenAsync(LimitedNodes.NewAddress())).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_answer_that_was_asked_for_before_an_order_does_not_undo_it()
    {
        var policy = Nodes.Services.GetRequiredService<AnonymousPolicy>();
        var early = policy.Ask();

        await OrderAsync(new { state = "off" }, AnonymousState.Off);
        policy.Answer(early, null);

        Assert.Equal(AnonymousState.Off, policy.State);
    }

    [Fact]
    public async Task It_ends_by_itself_and_the_setting_holds_again()
    {
        await using var own = await ChatNodes.StartAsync(
            redis!.Configuration, count: 1, new Dictionary<string, string> { ["Chat:Anonymous"] = "off" }, services => services.AddSingleton<TimeProvider>(time));
        var (sue, policy) = (ChatClient.Operator(own, role: "supervisor"), own.Services.GetRequiredService<AnonymousPolicy>());
        Assert.Equal("off", (string?)(await sue.GetAsync("operator/anonymous")).Expect(HttpStatusCode.OK)["state"]);
        (await ChatClient.Anonymous(own).OpenAsync()).ExpectProblem(403, "sign_in_required");

        var until = time.GetUtcNow().AddMinutes(10);
        var answer = (await sue.SendAsync(HttpMethod.Put, "operator/anonymous", Json(new { state = "open", until }))).Expect(HttpStatusCode.OK);
        Assert.Equal(until.UtcDateTime, DateTimeOffset.Parse((string)answer["until"]!, provider: null).UtcDateTime, TimeSpan.FromMilliseconds(1));
        (await ChatClient.Anonymous(own).OpenAsync()).Expect(HttpStatusCode.Created);
        Assert.InRange((await own.Redis.Database.KeyTimeToLiveAsync(Keys.AnonymousOrder))!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));

        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(AnonymousState.Off, policy.State);
        (await ChatClient.Anonymous(own).OpenAsync()).ExpectProblem(403, "sign_in_required");
    }

    [Fact]
    public async Task A_node_that_missed_the_announcement_learns_within_seconds_and_one_that_starts_knows_at_once()
    {
        // Nobody announces what is written past the service.
        await Nodes.Redis.Database.StringSetAsync(Keys.AnonymousOrder, "off 0");
        Assert.Equal(AnonymousState.Open, Nodes.Services.GetRequiredService<AnonymousPolicy>().State);
        time.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(AnonymousState.Off);

        await using var late = await ChatNodes.StartAsync(redis!.Configuration, count: 1);
        (await ChatClient.Anonymous(late).OpenAsync()).ExpectProblem(403, "sign_in_required");

        // What a newer version may have written is none of ours.
        await Nodes.Redis.Database.StringSetAsync(Keys.AnonymousOrder, "registered-only 0 more");
        time.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(AnonymousState.Open);
    }

    [Fact]
    public async Task While_redis_is_away_what_was_known_holds()
    {
        await using var own = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(own.Configuration, new LogWatch());
        var (policy, watch) = (node.Services.GetRequiredService<AnonymousPolicy>(), node.Services.GetRequiredService<AnonymousWatch>());
        await node.Services.GetRequiredService<AnonymousStore>().SetAsync(new AnonymousOrder(AnonymousState.Off, null), Ct);
        await UntilAsync(() => policy.State == AnonymousState.Off);
        await own.KillAsync();

        await Assert.ThrowsAsync<StorageUnavailableException>(() => watch.ReadAsync(Ct));
        Assert.Equal(AnonymousState.Off, policy.State);
    }

    [Theory]
    [InlineData("{}", "state")]
    [InlineData("""{"state":"closed"}""", "state")]
    [InlineData("""{"state":1}""", "state")]
    [InlineData("""{"state":"off","until":"2020-01-01T00:00:00Z"}""", "until")]
    [InlineData("""{"state":"off","until":"soon"}""", "until")]
    public async Task What_cannot_be_is_refused_and_changes_nothing(string body, string field)
    {
        (await Sue.SendAsync(HttpMethod.Put, "operator/anonymous", new StringContent(body, null, "application/json"))).ExpectInvalid(field);

        Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.AnonymousOrder));
    }

    [Fact]
    public async Task It_is_audited()
    {
        var (sue, until) = (ChatClient.NewId("supervisor"), time.GetUtcNow().AddHours(1));
        (await ChatClient.Operator(Nodes, sue, "Sue", "supervisor").SendAsync(HttpMethod.Put, "operator/anonymous", Json(new { state = "limited", until }))).Expect(HttpStatusCode.OK);

        var day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var audit = await Nodes.Services.GetRequiredService<AuditStore>().ReadAsync(day, new AuditFilter(sue, null, null), "0", "9999999999999", 10, Ct);
        var entry = Assert.Single(audit.Entries);
        Assert.Equal(("anonymous_set", "supervisor"), (entry.What, entry.Role));
        Assert.StartsWith($"limited until {until:yyyy-MM-dd}", entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_supervisors_may()
    {
        var dana = ChatClient.Operator(Nodes);
        (await dana.GetAsync("operator/anonymous")).ExpectProblem(403, "forbidden");
        (await dana.SendAsync(HttpMethod.Put, "operator/anonymous", Json(new { state = "off" }))).ExpectProblem(403, "forbidden");

        Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.AnonymousOrder));
    }

    private Task<Answer> OpenAsync(string address) => ChatClient.Anonymous(Nodes).FromAsync(address, HttpMethod.Post, "chat/session");

    private static System.Net.Http.Json.JsonContent Json(object body) => System.Net.Http.Json.JsonContent.Create(body);

    private static async Task OnBothAsync(Func<Task> act)
    {
        await act();
        await act();
    }

    private async Task OrderAsync(object body, AnonymousState expected)
    {
        (await Sue.SendAsync(HttpMethod.Put, "operator/anonymous", Json(body))).Expect(HttpStatusCode.OK);
        await UntilAsync(expected);
    }

    private Task UntilAsync(AnonymousState state) => UntilAsync(() =>
        Nodes.Services.GetRequiredService<AnonymousPolicy>().State == state && Nodes.ServicesOfSecond.GetRequiredService<AnonymousPolicy>().State == state);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !isSo();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }
}
