using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>The service over a Redis Cluster, where a script that touches two slots fails.</summary>
public sealed class ClusterTests
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_call_is_lost_or_given_twice_on_a_cluster()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync();

        Console.WriteLine("On a cluster: " + await new QueueRace(calls: 2000, seats: 48).RunAsync(cluster.Configuration));
    }

    [Fact]
    public async Task Two_nodes_hold_a_conversation_over_a_cluster_and_every_script_works_there()
    {
        var logs = new LogWatch();
        await using var cluster = await RedisClusterProcesses.StartAsync();
        var limited = new Dictionary<string, string> { ["Chat:Limits:SessionsPerMinutePerIp"] = "1000", ["Chat:Limits:MessagesPerMinute"] = "1000", ["Chat:Limits:PollsPerMinute"] = "1000" };
        await using var first = ChatNode.Start(cluster.Configuration, logs, limited, Noting.Register);
        await using var second = ChatNode.Start(cluster.Configuration, logs, limited, Noting.Register);
        string dana = Jwt.Issue("dana", "Dana", "operator"), erik = Jwt.Issue("erik", "Erik", "operator"), vera = Jwt.Issue("vera", "Vera");

        var opened = await SendAsync(first, "POST chat/session", null, null, new { name = "Vera" });
        var (id, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await SendAsync(second, "POST chat/message", null, token, new { text = "Hello?" });
        await SendAsync(first, "POST chat/session/call-operator", null, token);
        await SendAsync(second, "PUT operator/presence", erik, null, new { status = "online", capacity = 2 });
        Assert.Equal(id, (string?)(await SendAsync(first, "GET operator/calls", dana))["calls"]![0]!["sessionId"]);
        Assert.Equal(id, (string?)(await SendAsync(second, "POST operator/calls/claim", dana))["sessionId"]);

        var cursor = (string?)(await SendAsync(first, "GET chat/poll?after=0-0", null, token))["cursor"];
        var poll = SendAsync(first, $"GET chat/poll?after={cursor}&wait=25", null, token);
        await UntilSomebodyListensAsync(first);
        var started = TimeProvider.System.GetTimestamp();
        await SendAsync(second, "POST chat/message", dana, null, new { text = "Here I am.", sessionId = id });
        Assert.Equal("Here I am.", (string?)(await poll)["messages"]![0]!["text"]);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "the other node's waiting poll was not woken");

        await SendAsync(first, "POST chat/typing", dana, null, new { typing = true });
        await SendAsync(second, "POST chat/read", null, token, new { upTo = cursor });
        await SendAsync(first, $"POST operator/sessions/{id}/notes", dana, null, new { text = "Asks for Erik." });
        await SendAsync(second, $"POST operator/sessions/{id}/transfer", dana, null, new { operatorId = "erik" });
        Assert.Equal(id, (string?)(await SendAsync(first, "GET operator/sessions", erik))["sessions"]![0]!["sessionId"]);
        await SendAsync(second, $"POST operator/sessions/{id}/release", erik);
        await SendAsync(first, "POST operator/calls/claim", erik, null, new { sessionId = id });
        await SendAsync(first, $"POST operator/sessions/{id}/block", erik, null, new { minutes = 0 });
        await SendAsync(second, $"POST operator/sessions/{id}/close", erik);
        await SendAsync(first, "POST chat/session/rating", null, token, new { score = 5 });
        var history = (await SendAsync(second, "GET chat/history?event=false", null, token))["messages"]!.AsArray();
        Assert.Equal(["Hello?", "Here I am."], history.Select(m => (string?)m!["text"]));

        var other = (string?)(await SendAsync(second, "POST chat/session", null, null))["token"];
        await SendAsync(first, "POST chat/session", vera, other);
        await SendAsync(first, "POST operator/canned-replies", dana, null, new { shortcut = "hi", text = "Hello!" });
        await SendAsync(second, "PUT operator/canned-replies/hi", dana, null, new { text = "Hello, {{visitor.name}}!" });
        await SendAsync(first, "POST accounts/erase", Jwt.Issue("sue", "Sue", "supervisor"), null, new { userId = "vera" });
        await PutBackAsync(first);
        await first.Services.GetRequiredService<LeaseSweeper>().SweepAsync(Ct);

        var all = typeof(Scripts).GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(m => m is FieldInfo { FieldType: var field } && field == typeof(Script) || m is PropertyInfo { PropertyType: var property } && property == typeof(Script))
            .Select(m => m.Name).Where(name => !name.StartsWith('<')).Except(["gcra", "queue", "roster", "session"]); // these are included in others
        Assert.Empty(all.Except(Noting.Names.Keys));
        Assert.Empty(logs.Unexpected);
    }

    private static async Task<JsonNode> SendAsync(ChatNode node, string call, string? bearer, string? sessionToken = null, object? body = null)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Address, "/api/v1/" + path)) { Content = body is null ? null : JsonContent.Create(body) };
        if (bearer is not null)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        if (sessionToken is not null)
        {
            request.Headers.Add("X-Chat-Session", sessionToken);
        }

        using var response = await Http.SendAsync(request, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.IsSuccessStatusCode, $"{call}: {response.StatusCode} {text}");
        return text.Length > 0 ? JsonNode.Parse(text)! : new JsonObject();
    }

    private static async Task UntilSomebodyListensAsync(ChatNode node)
    {
        while (node.Services.GetRequiredService<Signals>().Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Ct);
        }
    }

    /// <summary>No endpoint does it unless two claims of one operator race for its last place.</summary>
    private static async Task PutBackAsync(ChatNode node)
    {
        var desk = new Desk(node.Services);
        var claims = node.Services.GetRequiredService<ClaimStore>();
        var session = await desk.CallAsync(await desk.OpenAsync(Ct), "support", Ct);
        Assert.Equal(session.Id, (await claims.LendAsync("support", "dana", null, Ct)).SessionId);
        await claims.PutBackAsync("support", session.Id, "dana", Ct);
        Assert.Equal([session.Id], await desk.Queue.HeadAsync("support", 10, Ct));
    }

    /// <summary>A gateway that notes which scripts have run without an error.</summary>
    private sealed class Noting(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        public static readonly ConcurrentDictionary<string, bool> Names = new();

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, Noting>();

        protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
        {
            var reply = await base.EvaluateAsync(redis, script, keys, arguments);
            Names[script.Name] = true;
            return reply;
        }
    }
}
