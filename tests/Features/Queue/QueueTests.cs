using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Queue;

[Collection(nameof(QueueNodes))]
public sealed class QueueTests(QueueNodes nodes)
{
    /// <summary>Nodes renew what they know of a queue every second.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Calls_stand_in_the_order_in_which_they_were_made()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(5);

        Assert.Equal([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)], calls.Select(call => Place(call.Call)));
        Assert.Equal(calls.Select(call => call.SessionId), await nodes.QueueAsync());
        Assert.Equal((1, 1), Place((await nodes.CallAsync("billing")).Call));
    }

    [Fact]
    public async Task Calling_again_keeps_the_place()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);

        var again = await calls[0].Visitor.PostAsync("chat/session/call-operator");

        Assert.Equal((string?)calls[0].Call["calledAt"], (string?)again["calledAt"]);
        Assert.Equal(calls.Select(call => call.SessionId), await nodes.QueueAsync());
        await UntilAsync(async () => Place(await calls[0].Visitor.PostAsync("chat/session/call-operator")) == (1, 3));
        await UntilAsync(async () => Place(await calls[2].Visitor.GetAsync("chat/poll?after=0-0")) == (3, 3));
    }

    [Fact]
    public async Task Those_behind_move_up_when_a_call_is_taken_or_given_up()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(4);

        await nodes.Operator().PostAsync("operator/calls/claim");
        await calls[2].Visitor.PostAsync("chat/session/close");

        Assert.Equal([calls[1].SessionId, calls[3].SessionId], await nodes.QueueAsync());
        Assert.False(await nodes.Database.HashExistsAsync(Keys.OfQueue("support")[1], calls[2].SessionId));
        await UntilAsync(async () => Place(await calls[3].Visitor.GetAsync("chat/poll?after=0-0")) == (2, 2));
    }

    [Fact]
    public async Task Twenty_calls_of_one_session_at_once_are_one_call()
    {
        await nodes.EmptyAsync();
        await nodes.CallAsync(1);
        var visitor = nodes.Anonymous();
        var session = (string)(await visitor.PostAsync("chat/session"))["sessionId"]!;

        var calls = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => visitor.PostAsync("chat/session/call-operator")));

        Assert.Single(calls.Select(call => (string?)call.Expect(HttpStatusCode.OK)["calledAt"]).Distinct());
        Assert.Equal(session, Assert.Single((await nodes.QueueAsync())[1..]));
        Assert.Equal(2, await nodes.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
        Assert.Single((await visitor.GetAsync("chat/history"))["messages"]!.AsArray());
    }

    [Fact]
    public async Task Operators_are_online_once_one_has_called()
    {
        await nodes.EmptyAsync();
        var early = await nodes.CallAsync();
        Assert.False((bool)early.Call["operatorsOnline"]!);

        await nodes.Operator().GetAsync("operator/calls");

        Assert.True((bool)(await nodes.CallAsync()).Call["operatorsOnline"]!);
        Assert.True((bool)(await early.Visitor.PostAsync("chat/session/call-operator"))["operatorsOnline"]!);
    }

    [Fact]
    public async Task A_waiting_call_that_the_queue_lost_is_put_back_at_its_place_by_polling()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        var keys = Keys.OfQueue("support");
        await nodes.Database.ListRemoveAsync(keys[0], calls[0].SessionId);
        await nodes.Database.HashDeleteAsync(keys[1], calls[0].SessionId);
        Assert.Equal([calls[1].SessionId, calls[2].SessionId], await nodes.QueueAsync());

        await UntilAsync(async () =>
        {
            await calls[0].Visitor.GetAsync("chat/poll?after=0-0");
            return (await nodes.QueueAsync()).Length == 3;
        });

        Assert.Equal(calls.Select(call => call.SessionId), await nodes.QueueAsync());
        var entry = (string?)await nodes.Database.HashGetAsync(keys[1], calls[0].SessionId);
        var calledAt = DateTimeOffset.Parse((string)calls[0].Call["calledAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.StartsWith($"{calledAt.ToUnixTimeMilliseconds()}", entry, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_call_that_the_queue_lost_is_put_back_at_once_by_calling_again_or_by_a_claim_of_it()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        await nodes.Database.KeyDeleteAsync([.. Keys.OfQueue("support")]);

        await calls[1].Visitor.PostAsync("chat/session/call-operator");
        await calls[0].Visitor.PostAsync("chat/session/call-operator");
        Assert.Equal([calls[0].SessionId, calls[1].SessionId], await nodes.QueueAsync());

        (await nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = calls[2].SessionId })).Expect(HttpStatusCode.OK);
        Assert.Equal([calls[0].SessionId, calls[1].SessionId], await nodes.QueueAsync());
    }

    [Fact]
    public async Task An_account_takes_over_the_place_of_its_anonymous_session()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        var account = nodes.Account(ChatClient.NewId("user"));
        account.SessionToken = calls[1].Visitor.SessionToken;

        var linked = (await account.PostAsync("chat/session")).Expect(HttpStatusCode.OK);

        Assert.Equal("waiting", (string?)linked["status"]);
        Assert.Equal(calls.Select(call => call.SessionId), await nodes.QueueAsync());
        Assert.Equal((string?)calls[1].Call["calledAt"], (string?)(await account.PostAsync("chat/session/call-operator"))["calledAt"]);
        await UntilAsync(async () => Place(await account.GetAsync("chat/poll?after=0-0")) == (2, 3));
    }

    [Fact]
    public async Task The_call_of_an_anonymous_session_that_is_closed_by_linking_leaves_the_queue()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(2);
        var account = nodes.Account(ChatClient.NewId("user"));
        await account.PostAsync("chat/session");
        account.SessionToken = calls[0].Visitor.SessionToken;

        await account.PostAsync("chat/session");

        Assert.Equal([calls[1].SessionId], await nodes.QueueAsync());
        Assert.Equal(1, await nodes.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
    }

    private static (int Position, int Waiting) Place(Answer answer) =>
        answer["queue"] is { } queue ? ((int)queue["position"]!, (int)queue["waiting"]!) : default;

    private static async Task UntilAsync(Func<Task<bool>> comesTrue)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await comesTrue())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Soon, "It did not come true.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
