using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Replay;

/// <summary>
/// An operator: claims the oldest call while it has room, and answers every message of each session that it has, all of them side by
/// side, until the last one; then it closes.
/// </summary>
internal sealed class ReplayOperator(ChatNodes nodes, SupportDesk desk, int number, int atOnce)
{
    /// <summary>How many sessions the service lets an operator have.</summary>
    private const int Capacity = 5;

    private readonly ChatClient client = ChatClient.Operator(nodes, name: $"Operator {number}");
    private int polls;

    /// <summary>What this operator saw of each session.</summary>
    public Dictionary<string, List<JsonObject>> Seen { get; } = [];

    public string Name => $"Operator {number}";

    public int Polls => polls;

    public async Task RunAsync()
    {
        var serving = new List<Task>();
        if (atOnce == Capacity)
        {
            // Full from the beginning, before any session can end: one more must not be given.
            while (Seen.Count < Capacity)
            {
                await ClaimAsync();
            }

            (await client.PostAsync("operator/calls/claim")).ExpectProblem(409, "at_capacity");
            serving.AddRange(Seen.Keys.Select(ServeAsync));
        }

        while (true)
        {
            while (serving.Count >= atOnce)
            {
                var done = await Task.WhenAny(serving);
                serving.Remove(done);
                await done;
            }

            if (await ClaimAsync() is not { } sessionId)
            {
                break;
            }

            serving.Add(ServeAsync(sessionId));
        }

        await Task.WhenAll(serving);
    }

    /// <summary>Takes the oldest call. There is one for everybody who goes for one, for a call counts once the service has confirmed it.</summary>
    private async Task<string?> ClaimAsync()
    {
        if (!await desk.GoForCallAsync())
        {
            return null;
        }

        var sessionId = await desk.ClaimAsync(async () => (string)(await client.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]!);
        Seen.Add(sessionId, []);
        return sessionId;
    }

    private async Task ServeAsync(string sessionId)
    {
        var (conversation, seen) = (desk.Conversations[sessionId], Seen[sessionId]);
        var (answered, cursor) = (0, "0-0");
        while (answered < conversation.Texts.Count)
        {
            var poll = await client.PollAsync($"?sessionId={sessionId}&wait=10&after={cursor}");
            Interlocked.Increment(ref polls);
            seen.AddRange(poll.Messages());
            cursor = (string)poll["cursor"]!;
            foreach (var _ in poll.Messages().Where(m => (string?)m["sender"] == "visitor"))
            {
                (await client.SayAsync(conversation.Answer(answered), $"answer-{answered}", sessionId)).Expect(HttpStatusCode.Created);
                answered++;
            }
        }

        var closed = await client.PostAsync($"operator/sessions/{sessionId}/close", new { reason = "done" });
        Assert.Equal("closed", (string?)closed.Expect(HttpStatusCode.OK)["status"]);
    }
}
