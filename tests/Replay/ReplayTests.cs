using System.Diagnostics;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Replay;

/// <summary>
/// 240 real conversations at once over two nodes: all customers come together, eight operators take them in turn, and in the end every
/// conversation stands as it was held. It runs when the other tests have ended: with them it would ask more of two processors than the
/// service's timeouts forgive.
/// </summary>
[Collection(nameof(ReplayTests))]
[CollectionDefinition(nameof(ReplayTests), DisableParallelization = true)]
[Trait("time", "long")]
public sealed class ReplayTests(PrivateNodes own, ITestOutputHelper output) : IClassFixture<PrivateNodes>
{
    private const int Conversations = 240, CustomerMessages = 2_167;

    /// <summary>How many sessions each operator has at once: six as many as they may, one two, and one takes them one by one.</summary>
    private static readonly int[] AtOnce = [5, 5, 5, 5, 5, 5, 2, 1];

    [Fact(Timeout = 120_000)]
    public async Task Every_conversation_is_told_in_order_once_and_to_nobody_else()
    {
        var started = Stopwatch.GetTimestamp();
        var conversations = Conversation.All();
        Assert.Equal(Conversations, conversations.DistinctBy(c => c.Id).Count());
        Assert.Equal(CustomerMessages, conversations.Sum(c => c.Texts.Count));

        using var desk = new SupportDesk(Conversations);
        var visitors = conversations.Select(conversation => new ReplayVisitor(own.Nodes, desk, conversation)).ToList();
        var operators = AtOnce.Select((atOnce, number) => new ReplayOperator(own.Nodes, desk, number, atOnce)).ToList();
        var everybody = Task.WhenEach([.. visitors.Select(v => v.RunAsync()), .. operators.Select(o => o.RunAsync())]);
        await foreach (var done in everybody.WithCancellation(TestContext.Current.CancellationToken))
        {
            await done; // the first to fail ends the test, for the others would wait for it
        }

        Assert.Equal(Conversations, visitors.DistinctBy(v => v.SessionId).Count());
        var orderTold = desk.AssertServedInOrder();
        Assert.True(orderTold > Conversations, $"only {orderTold} pairs of calls could tell the order");
        Assert.All(operators, o => Assert.NotEmpty(o.Seen));

        var entries = 0;
        foreach (var visitor in visitors)
        {
            entries += await AssertToldAsync(visitor, operators.Single(o => o.Seen.ContainsKey(visitor.SessionId)));
        }

        Assert.Equal((2 * CustomerMessages) + (3 * Conversations), entries);
        var polls = visitors.Sum(v => v.Polls) + operators.Sum(o => o.Polls);
        var summary = $"Replayed {Conversations} conversations, {entries} messages and events, {polls} polls "
            + $"in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; {orderTold} pairs of calls told their order.";
        output.WriteLine(summary);
        Console.WriteLine(summary);
    }

    /// <summary>Says how many entries the conversation has.</summary>
    private static async Task<int> AssertToldAsync(ReplayVisitor visitor, ReplayOperator @operator)
    {
        var answer = await visitor.HistoryAsync();
        Assert.Equal(visitor.SessionId, (string?)answer["sessionId"]);
        Assert.Equal("closed", (string?)answer["status"]);
        var history = answer.Messages();

        // What was sent, in order, with the service's own entries in their places, and nothing of another conversation.
        Assert.Equal(visitor.Conversation.Lines(@operator.Name), history.Select(m => new Line(
            (string)m["sender"]!,
            (string?)m["senderName"],
            (string?)m["sender"] == "system" ? null : (string?)m["text"],
            (string?)m["clientMessageId"],
            (string?)m["event"])));
        Assert.All(history.Where(m => (string?)m["sender"] == "system"), m => Assert.NotEqual("", (string?)m["text"]));

        // Under the ids that the sender was given, which increase.
        AssertSame(visitor.Sent, history.Where(m => (string?)m["sender"] == "visitor"));
        var ids = history.Select(m => ((string)m["id"]!).Split('-')).Select(id => (Time: ulong.Parse(id[0], null), Number: ulong.Parse(id[1], null))).ToList();
        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.True(pair.First.CompareTo(pair.Second) < 0, $"{pair.First} stands before {pair.Second}"));

        // Polled once each and in order: by the visitor to the end, by the operator up to its last answer or a little before.
        AssertSame(history, visitor.Seen);
        var seen = @operator.Seen[visitor.SessionId];
        AssertSame(history.Take(seen.Count), seen);
        Assert.Equal(visitor.Conversation.Texts.Count, seen.Count(m => (string?)m["sender"] == "visitor"));
        return history.Count;
    }

    private static void AssertSame(IEnumerable<JsonNode> expected, IEnumerable<JsonNode> actual) =>
        Assert.Equal(expected.Select(m => m.ToJsonString()), actual.Select(m => m.ToJsonString()));
}
