using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Replay;

/// <summary>A customer: opens its session, calls an operator, sends one message after another, each once the last was answered, and polls all along.</summary>
internal sealed class ReplayVisitor(ChatNodes nodes, SupportDesk desk, Conversation conversation)
{
    /// <summary>The widget would poll as <c>nextPollMs</c> says; this one is in such a hurry.</summary>
    private const int Haste = 10;

    private readonly ChatClient client = conversation.IsAccount
        ? ChatClient.Account(nodes, ChatClient.NewId("user"), conversation.CustomerName)
        : ChatClient.Anonymous(nodes);

    private readonly List<JsonObject> seen = [];
    private string cursor = "0-0";

    public Conversation Conversation => conversation;

    public string SessionId { get; private set; } = "";

    /// <summary>Every message that a poll has brought, as it came.</summary>
    public IReadOnlyList<JsonObject> Seen => seen;

    /// <summary>The answers to what was sent.</summary>
    public List<JsonNode> Sent { get; } = [];

    public int Polls { get; private set; }

    public async Task RunAsync()
    {
        await desk.EnterAsync(CallOperatorAsync);
        await UntilSeenAsync(m => (string?)m["event"] == "operator_joined");
        for (var n = 0; n < conversation.Texts.Count; n++)
        {
            if (n > 0 || !conversation.WritesFirst)
            {
                await SayAsync(n);
            }

            await UntilSeenAsync(m => (string?)m["text"] == conversation.Answer(n));
        }

        await UntilSeenAsync(m => (string?)m["event"] == "closed");
    }

    public Task<Answer> HistoryAsync() => client.HistoryAsync();

    private async Task CallOperatorAsync()
    {
        SessionId = (string)(await client.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        if (conversation.WritesFirst)
        {
            await SayAsync(0);
        }

        await desk.CallAsync(SessionId, conversation, async () =>
            Assert.Equal("waiting", (string?)(await client.CallOperatorAsync(new { reason = conversation.Id })).Expect(HttpStatusCode.OK)["status"]));
    }

    private async Task SayAsync(int n)
    {
        var sends = Enumerable.Range(0, Conversation.IsSentTwice(n) ? 2 : 1).Select(_ => client.SayAsync(conversation.Sent(n), Conversation.ClientId(n)));
        var answers = await Task.WhenAll(sends);
        var created = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Except([created]), again => Assert.True(JsonNode.DeepEquals(created.Body, again.Expect(HttpStatusCode.OK).Body)));
        Sent.Add(created.Body!);
    }

    private async Task UntilSeenAsync(Predicate<JsonObject> wanted)
    {
        while (!seen.Exists(wanted))
        {
            var poll = await client.PollAsync(conversation.Polling switch
            {
                Polling.After => $"?after={cursor}",
                Polling.AfterWaiting => $"?wait=10&after={cursor}",
                _ => "?wait=10",
            });
            Polls++;
            seen.AddRange(poll.Messages());
            cursor = (string)poll["cursor"]!;
            if (conversation.Polling == Polling.After && poll.Messages().Count == 0)
            {
                await Task.Delay((int)poll["nextPollMs"]! / Haste, TestContext.Current.CancellationToken);
            }
        }
    }
}
