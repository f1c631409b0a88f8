using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Redis;

/// <summary>A conversation that meets every endpoint but those that ask the platform, over two nodes in turn: for a Redis of a kind that other tests do not use.</summary>
internal static class Conversation
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>For its nodes: everything that is counted is counted, and nothing is refused.</summary>
    public static Dictionary<string, string> Limits { get; } =
        new[] { "MessagesPerMinute", "PollsPerMinute", "SessionsPerMinutePerIp", "FailuresPerMinutePerIp", "WaitingCallsPerIp" }.ToDictionary(limit => "Chat:Limits:" + limit, _ => "1000");

    /// <summary>Holds it, and asserts that it went as it should. The nodes' Redis must be theirs alone.</summary>
    public static async Task HoldAsync(ChatNode first, ChatNode second)
    {
        var began = TimeProvider.System.GetUtcNow();
        string dana = Jwt.Issue("dana", "Dana", "operator"), erik = Jwt.Issue("erik", "Erik", "operator"), sue = Jwt.Issue("sue", "Sue", "supervisor");
        var vera = Jwt.Issue("vera", "Vera");

        var opened = await SendAsync(first, "POST chat/session", null, null, new { name = "Vera" });
        var (id, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await SendAsync(second, "POST chat/message", null, token, new { text = "Hello?" });
        await SendAsync(first, "POST chat/session/page", null, token, new { pageUrl = "https://intotes.example/orders" });
        await SendAsync(first, "POST chat/session/call-operator", null, token);
        await SendAsync(second, "PUT operator/presence", erik, null, new { status = "online", capacity = 2 });
        Assert.Equal(id, (string?)(await SendAsync(first, "GET operator/calls", dana))["calls"]![0]!["sessionId"]);
        Assert.Equal(id, (string?)(await SendAsync(second, "POST operator/calls/claim", dana))["sessionId"]);

        var cursor = (string?)(await SendAsync(first, "GET chat/poll?after=0-0", null, token))["cursor"];
        var listening = first.Services.GetRequiredService<ChannelSubscriptions>().Count;
        var poll = SendAsync(first, $"GET chat/poll?after={cursor}&wait=25", null, token);
        await UntilSomebodyListensAsync(first, listening);
        var started = TimeProvider.System.GetTimestamp();
        await SendAsync(second, "POST chat/message", dana, null, new { text = "Here I am.", sessionId = id });
        Assert.Equal("Here I am.", (string?)(await poll)["messages"]![0]!["text"]);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "the other node's waiting poll was not woken");

        Assert.Equal(2, (await SendAsync(second, "GET chat/poll?limit=2", null, token))["messages"]!.AsArray().Count);
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

        Assert.Equal(id, (string?)(await SendAsync(first, $"GET operator/sessions/{id}", erik))["session"]!["sessionId"]);
        await SendAsync(second, "GET chat/session/transcript", null, token);

        var other = (string?)(await SendAsync(second, "POST chat/session", null, null))["token"];
        await SendAsync(first, "POST chat/session", vera, other);
        await SendAsync(second, "GET chat/availability", null);
        await SendAsync(first, "POST chat/session/close", vera);
        var account = (string?)(await SendAsync(second, "POST chat/session", vera))["sessionId"];
        await SendAsync(first, "POST chat/session/call-operator", vera);
        await SendAsync(second, "POST operator/calls/claim", erik, null, new { sessionId = account });
        await SendAsync(first, $"POST operator/sessions/{account}/block", erik, null, new { minutes = 1 });
        await SendAsync(second, $"POST operator/sessions/{account}/block", erik, null, new { minutes = 0 });
        await SendAsync(first, $"POST operator/sessions/{account}/close", erik);
        await SendAsync(first, "GET operator/poll?wait=1", dana);
        await SendAsync(second, "GET operator/stats", sue);
        Assert.Equal(2, (await SendAsync(first, "GET operator/sessions?state=closed", sue))["sessions"]!.AsArray().Count);
        await SendAsync(first, "POST operator/canned-replies", dana, null, new { shortcut = "hi", text = "Hello!" });
        await SendAsync(second, "PUT operator/canned-replies/hi", dana, null, new { text = "Hello, {{visitor.name}}!" });
        Assert.Equal("hi", (string?)(await SendAsync(first, "GET operator/canned-replies", erik))["cannedReplies"]![0]!["shortcut"]);
        await SendAsync(second, "DELETE operator/canned-replies/hi", dana);

        await SendAsync(first, "PUT operator/anonymous", sue, null, new { state = "limited", until = TimeProvider.System.GetUtcNow().AddHours(1) });
        Assert.Equal("limited", (string?)(await SendAsync(first, "GET operator/anonymous", sue))["state"]);
        await second.Services.GetRequiredService<AnonymousStore>().CountAsync("a request", new Dictionary<long, long> { [10_000_000] = 1000 }, Ct);

        foreach (var query in (string[])["", "&operatorId=erik", $"&sessionId={account}"])
        {
            var entries = (await SendAsync(second, $"GET operator/audit?from={began:yyyy-MM-ddTHH:mm:ssZ}{query}", sue))["entries"]!.AsArray();
            Assert.Contains(entries, entry => ((string?)entry!["what"], (string?)entry["operator"]?["id"]) == ("claimed", "erik"));
        }

        await SendAsync(first, "DELETE chat/session", null, token);
        var erased = await SendAsync(second, "POST accounts/erase", sue, null, new { userId = "vera" });
        Assert.Equal(2, (int)erased["erased"]!);
    }

    private static async Task<JsonNode> SendAsync(ChatNode node, string call, string? bearer, string? sessionToken = null, object? body = null)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Address, "/api/v1/" + path)) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Accept.Add(new("application/json")); // or the transcript is plain text
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

    private static async Task UntilSomebodyListensAsync(ChatNode node, int before)
    {
        while (node.Services.GetRequiredService<ChannelSubscriptions>().Count <= before)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Ct);
        }
    }
}
