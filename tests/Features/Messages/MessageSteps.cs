using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What the tests of messages do again and again.</summary>
internal static class MessageSteps
{
    /// <summary>A visitor with an open session.</summary>
    public static async Task<ChatClient> VisitorAsync(ChatNodes nodes, string? name = null)
    {
        var visitor = ChatClient.Anonymous(nodes);
        (await visitor.OpenAsync(new { name })).Expect(HttpStatusCode.Created);
        return visitor;
    }

    /// <summary>Calls an operator, and has this one take the session; returns its id.</summary>
    public static async Task<string> ServeAsync(this ChatClient visitor, ChatClient @operator)
    {
        var sessionId = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        (await @operator.PostAsync("operator/calls/claim", new { sessionId })).Expect(HttpStatusCode.OK);
        return sessionId;
    }

    /// <summary>Posts this JSON to the letter.</summary>
    public static Task<Answer> PostJsonAsync(this ChatClient caller, string path, string json) =>
        caller.SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Posts a message as UTF-8 with nothing escaped but what JSON requires (RFC 8259, section 7); System.Text.Json would escape more.</summary>
    public static Task<Answer> SayUnescapedAsync(this ChatClient caller, string text) =>
        caller.PostJsonAsync("chat/message", $$"""{"text":"{{Escape(text)}}"}""");

    private static string Escape(string text) => string.Concat(text.Select(c => c is '"' or '\\' or < ' ' ? $"\\u{(int)c:x4}" : $"{c}"));

    /// <summary>Stores so many messages past HTTP, for it would take long, and returns their ids.</summary>
    public static async Task<IReadOnlyList<string>> StoreAsync(this ChatNodes nodes, ChatClient visitor, int messages)
    {
        var store = nodes.Services.GetRequiredService<MessageStore>();
        var token = SessionToken.Parse(visitor.SessionToken!)!;
        var ids = new List<string>();
        for (var n = 1; n <= messages; n++)
        {
            var (reply, _) = await store.AppendAsync(
                SessionAccess.ByToken(token), new Caller.Visitor(token), null, $"Message {n}", TestContext.Current.CancellationToken);
            Assert.Equal(AppendStatus.Appended, reply!.Status);
            ids.Add(reply.Message!.Id);
        }

        return ids;
    }

    /// <summary>The messages of a history or a poll.</summary>
    public static IReadOnlyList<JsonObject> Messages(this Answer answer) => [.. answer["messages"]!.AsArray().Select(m => m!.AsObject())];

    public static IReadOnlyList<string> Ids(this Answer answer) => [.. answer.Messages().Select(m => (string)m["id"]!)];

    public static IReadOnlyList<string> Texts(this Answer answer) => [.. answer.Messages().Select(m => (string)m["text"]!)];

    /// <summary>The events of system entries; null for people's messages.</summary>
    public static IReadOnlyList<string?> Events(this Answer answer) => [.. answer.Messages().Select(m => (string?)m["event"])];

    public static async Task<Answer> HistoryAsync(this ChatClient caller, string query = "") =>
        (await caller.GetAsync("chat/history" + query)).Expect(HttpStatusCode.OK);

    public static async Task<Answer> PollAsync(this ChatClient caller, string query = "") =>
        (await caller.GetAsync("chat/poll" + query)).Expect(HttpStatusCode.OK);
}
