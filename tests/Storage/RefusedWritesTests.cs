using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>A Redis that takes no writes for now, because it is full or has lost its replicas: those say so, and who only reads notices nothing.</summary>
public sealed class RefusedWritesTests : IAsyncLifetime
{
    private const string Unavailable = "503 storage_unavailable";

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false });
    private readonly LogWatch logs = new();
    private RedisServerProcess? redis;
    private ChatNode? node;

    private string Account { get; } = Jwt.Issue("vera", "Vera");

    private string Operator { get; } = Jwt.Issue("dana", "Dana", "operator");

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        // Everything that is counted is counted: counting is a write.
        node = ChatNode.Start(redis.Configuration, logs, Conversation.Limits);
    }

    public async ValueTask DisposeAsync()
    {
        await node!.DisposeAsync();
        await redis!.DisposeAsync();
        http.Dispose();
    }

    [Theory]
    [InlineData("maxmemory", 1, 0)]
    [InlineData("min-replicas-to-write", 1, 0)]
    public async Task While_redis_takes_no_writes_reads_go_on(string setting, int on, int off)
    {
        var opened = (await SendAsync("POST chat/session", null)).Body!;
        var (id, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await SendAsync("POST chat/session", Account);
        await SendAsync("POST chat/message", token, new { text = "Before", clientMessageId = "m1" });
        await SendAsync("POST chat/message", Account, new { text = "Before" });
        await SendAsync("POST chat/session/call-operator", token);
        Assert.Equal("200", (await SendAsync("POST operator/calls/claim", Operator)).Status);
        (string Call, string? Credential)[] reads =
        [
            ("GET chat/history", token), ("GET chat/history", Account), ($"GET chat/history?sessionId={id}", Operator),
            ("GET chat/poll?after=0-0", token), ("GET chat/poll?after=0-0", Account), ($"GET chat/poll?after=0-0&sessionId={id}", Operator),
            ("GET chat/session/transcript", token), ("GET chat/availability", null),
            ("GET operator/calls", Operator), ("GET operator/sessions", Operator), ("GET operator/poll", Operator),
            ($"GET operator/sessions/{id}", Operator), ("GET operator/canned-replies", Operator),
        ];
        (string Call, string? Credential, object? Body)[] writes =
        [
            ("POST chat/session", null, null), ("POST chat/message", token, new { text = "Meanwhile" }), ("POST chat/message", Operator, new { text = "Meanwhile", sessionId = id }),
            ("POST chat/session/call-operator", Account, null), ("POST chat/typing", token, new { typing = true }), ($"POST operator/sessions/{id}/close", Operator, null),
            ($"POST operator/sessions/{id}/notes", Operator, new { text = "Meanwhile" }), ("PUT operator/presence", Operator, new { status = "away", capacity = 2 }),
        ];

        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis!.Configuration},allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync(setting, on);
        var read = await Task.WhenAll(reads.Select(async call => $"{call.Call}: {(await SendAsync(call.Call, call.Credential)).Status}"));
        var written = await Task.WhenAll(writes.Select(async call => $"{call.Call}: {(await SendAsync(call.Call, call.Credential, call.Body)).Status}"));
        Assert.Equal(reads.Select(call => $"{call.Call}: 200"), read);
        Assert.Equal(writes.Select(call => $"{call.Call}: {Unavailable}"), written);

        await admin.GetServers()[0].ConfigSetAsync(setting, off);
        Assert.Equal("201", (await SendAsync("POST chat/message", token, new { text = "After" })).Status);
        var history = (await SendAsync("GET chat/history?event=false", token)).Body!["messages"]!.AsArray();
        Assert.Equal(["Before", "After"], history.Select(message => (string?)message!["text"]));
        Assert.Empty(logs.Unexpected);
    }

    private async Task<(string Status, JsonNode? Body)> SendAsync(string call, string? credential, object? body = null)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node!.Address, "/api/v1/" + path)) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Accept.Add(new("application/json")); // or the transcript is plain text
        if (credential is not null)
        {
            request.Headers.Add(credential.Split('.').Length == 3 ? "Authorization" : "X-Chat-Session", credential.Split('.').Length == 3 ? $"Bearer {credential}" : credential);
        }

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var json = text.Length > 0 ? JsonNode.Parse(text) : null;
        return ($"{(int)answer.StatusCode} {(answer.IsSuccessStatusCode ? "" : json!["code"])}".Trim(), json);
    }
}
