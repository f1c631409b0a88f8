using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>How many calls of anonymous visitors may wait from one client address.</summary>
public sealed class WaitingCallsLimitTests(WaitingCallsLimitTests.LimitedNode limited) : IClassFixture<WaitingCallsLimitTests.LimitedNode>
{
    private const int Most = 3;

    private static readonly string[] Departments = ["support", "sales", "trading"];

    private ChatNodes Nodes => limited.Nodes;

    [Fact]
    public async Task One_more_is_refused_and_changes_nothing()
    {
        var (address, neighbour) = (LimitedNodes.NewAddress(), LimitedNodes.NewAddress());
        var calls = await CallAsync(address, Most);
        var late = await OpenAsync(address);

        var refused = (await CallAsync(late, address)).ExpectProblem(429, "rate_limited");

        Assert.InRange(int.Parse(Assert.Single(refused.Headers["Retry-After"]), CultureInfo.InvariantCulture), 1, 120);
        var poll = (await late.GetAsync("chat/poll?after=0-0")).Expect(HttpStatusCode.OK);
        Assert.Equal("open", (string?)poll["status"]);
        Assert.Empty(poll["messages"]!.AsArray());
        Assert.Equal("waiting", (string?)(await CallAsync(calls[0], address)).Expect(HttpStatusCode.OK)["status"]); // who waits may call again
        Assert.Equal("waiting", (string?)(await CallAsync(await OpenAsync(neighbour), neighbour)).Expect(HttpStatusCode.OK)["status"]);

        (await calls[1].PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("waiting", (string?)(await CallAsync(late, address)).Expect(HttpStatusCode.OK)["status"]);
    }

    [Fact]
    public async Task A_signed_in_customer_is_not_refused_because_of_its_neighbours_and_does_not_count()
    {
        var address = LimitedNodes.NewAddress();
        var customer = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await customer.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        (await CallAsync(customer, address)).Expect(HttpStatusCode.OK);
        await CallAsync(address, Most);
        (await CallAsync(await OpenAsync(address), address)).ExpectProblem(429, "rate_limited");

        var other = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await other.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        (await CallAsync(other, address)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Addresses_of_one_IPv6_network_count_as_one()
    {
        var network = string.Create(CultureInfo.InvariantCulture, $"2001:db8:{Random.Shared.Next(0x10000):x}:{Random.Shared.Next(0x10000):x}");
        for (var i = 0; i < Most; i++)
        {
            (await CallAsync(await OpenAsync($"{network}::{i + 1:x}"), $"{network}:a::{i + 1:x}")).Expect(HttpStatusCode.OK);
        }

        (await CallAsync(await OpenAsync($"{network}::ff"), $"{network}:ffff::1")).ExpectProblem(429, "rate_limited");
    }

    [Fact]
    public async Task Of_many_at_once_no_more_than_the_limit_come_through()
    {
        var address = LimitedNodes.NewAddress();
        var visitors = new List<ChatClient>();
        for (var i = 0; i < 30; i++)
        {
            visitors.Add(await OpenAsync(address));
        }

        var answers = await Task.WhenAll(visitors.Select((visitor, number) => CallAsync(visitor, address, Departments[number % Departments.Length])));

        Assert.Equal(Most, answers.Count(answer => answer.Status == HttpStatusCode.OK));
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => answer.ExpectProblem(429, "rate_limited"));
    }

    [Fact]
    public async Task Calls_of_all_departments_count_and_one_that_leaves_any_of_them_makes_room_at_once()
    {
        var (address, calls) = (LimitedNodes.NewAddress(), new List<ChatClient>());
        foreach (var department in Departments)
        {
            calls.Add(await OpenAsync(address));
            (await CallAsync(calls[^1], address, department)).Expect(HttpStatusCode.OK);
        }

        var late = await OpenAsync(address);
        foreach (var department in Departments)
        {
            (await CallAsync(late, address, department)).ExpectProblem(429, "rate_limited");
        }

        foreach (var department in Departments)
        {
            (await calls[0].PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
            calls.RemoveAt(0);
            calls.Add(await OpenAsync(address));
            (await CallAsync(calls[^1], address, department)).Expect(HttpStatusCode.OK);
            (await CallAsync(late, address, department)).ExpectProblem(429, "rate_limited");
        }
    }

    [Fact]
    public async Task A_claimed_call_counts_no_more_and_nothing_of_the_address_stays()
    {
        var address = LimitedNodes.NewAddress();
        var department = "billing"; // of this test alone
        var visitors = new List<ChatClient>();
        for (var i = 0; i < Most; i++)
        {
            visitors.Add(await OpenAsync(address));
            (await CallAsync(visitors[i], address, department)).Expect(HttpStatusCode.OK);
        }

        var stored = await Nodes.Redis.Database.HashGetAllAsync(Keys.OfQueue(department)[7]);
        Assert.Equal(Most + 1, stored.Length);
        Assert.DoesNotContain(stored, field => $"{field.Name} {field.Value}".Contains(address, StringComparison.Ordinal));
        var dana = ChatClient.Operator(Nodes);
        (await dana.SendAsync(HttpMethod.Put, "operator/presence", JsonContent.Create(new { departments = new[] { department } }))).Expect(HttpStatusCode.OK);
        for (var i = 0; i < Most; i++)
        {
            (await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK);
        }

        Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.OfQueue(department)[7]));
        (await CallAsync(await OpenAsync(address), address, department)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_call_that_left_the_queue_without_a_word_does_not_count_for_ever()
    {
        var address = LimitedNodes.NewAddress();
        var calls = await CallAsync(address, Most);
        foreach (var call in calls)
        {
            // As a node of an earlier version drops it, or a failover loses it.
            var id = (string)(await call.PostAsync("chat/session"))["sessionId"]!;
            await Nodes.Redis.Database.HashDeleteAsync(Keys.OfQueue("support")[1], id);
            await Nodes.Redis.Database.ListRemoveAsync(Keys.OfQueue("support")[0], id);
            var clients = Keys.OfQueue("support")[7];
            var client = await Nodes.Redis.Database.HashGetAsync(clients, id);
            var counted = (string)(await Nodes.Redis.Database.HashGetAsync(clients, client))!;
            await Nodes.Redis.Database.HashSetAsync(clients, client, string.Join(' ', counted.Split(' ').Select(c => c.StartsWith(id, StringComparison.Ordinal) ? $"{id}:1000" : c)));
        }

        (await CallAsync(await OpenAsync(address), address)).Expect(HttpStatusCode.OK);
    }

    private async Task<List<ChatClient>> CallAsync(string address, int count)
    {
        var visitors = new List<ChatClient>();
        for (var i = 0; i < count; i++)
        {
            visitors.Add(await OpenAsync(address));
            (await CallAsync(visitors[i], address)).Expect(HttpStatusCode.OK);
        }

        return visitors;
    }

    private async Task<ChatClient> OpenAsync(string address)
    {
        var visitor = ChatClient.Anonymous(Nodes);
        visitor.SessionToken = (string?)(await visitor.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created)["token"];
        return visitor;
    }

    private static Task<Answer> CallAsync(ChatClient visitor, string address, string? department = null) =>
        visitor.FromAsync(address, HttpMethod.Post, "chat/session/call-operator", JsonContent.Create(new { department }));

    public sealed class LimitedNode : IAsyncLifetime
    {
        private RedisServerProcess? redis;
        private ChatNodes? nodes;

        public ChatNodes Nodes => nodes!;

        public async ValueTask InitializeAsync()
        {
            redis = await RedisServerProcess.StartAsync("--appendonly", "no");
            nodes = await ChatNodes.StartAsync(redis.Configuration, settings: new Dictionary<string, string>
            {
                ["Chat:Limits:WaitingCallsPerIp"] = $"{Most}",
                ["Chat:Departments:2"] = Departments[1],
                ["Chat:Departments:3"] = Departments[2],
                ["ReverseProxy:KnownProxies:0"] = "127.0.0.1",
            });
        }

        public async ValueTask DisposeAsync()
        {
            await using var second = redis;
            await using var first = nodes;
        }
    }
}
