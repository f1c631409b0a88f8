using System.Net;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>Calls that nobody waits for any more.</summary>
[Collection(nameof(DeskNodes))]
public sealed class QueueFloodTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task A_customer_behind_a_thousand_callers_that_have_left_is_next()
    {
        var ids = Enumerable.Range(0, 1_000).Select(n => $"{n}".PadLeft(22, 'A')).ToList();
        await Task.WhenAll(ids.Select(EnqueueAsync));
        await Desk.Database.SortedSetAddAsync(Keys.OfQueue("support")[5], [.. ids.Select(id => new SortedSetEntry(id, (TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(100)).ToUnixTimeMilliseconds()))]);
        var customer = await Desk.CallAsync();

        await EventuallyAsync("the customer is next", async () =>
        {
            await Desk.Services(0).GetRequiredService<QueueSweeper>().SweepAsync(findsGone: true, Ct);
            return (int)(await customer.StandingAsync()).Queue!["position"]! == 1;
        });
        Assert.Equal(customer.SessionId, (string?)(await Desk.Operator().ClaimAsync())["sessionId"]);
    }

    /// <summary>However few are asked for, a list goes on behind calls whose session is gone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Nine_hundred_calls_without_a_session_hide_nobody(int limit)
    {
        await Task.WhenAll(Enumerable.Range(0, 900).Select(n => EnqueueAsync($"{n}".PadLeft(22, 'B'), isThere: false)));
        var customer = await Desk.CallAsync();

        Assert.Equal([customer.SessionId], (await Desk.Operator().GetAsync($"operator/calls?limit={limit}")).Ids("calls"));
    }

    [Fact]
    public async Task An_answered_visitor_whose_call_left_may_rate_and_its_next_call_has_a_first_answer_of_its_own()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        (await dana.SayAsync("Hello", call.SessionId)).Expect(HttpStatusCode.Created);
        await dana.ReleaseAsync(call.SessionId);

        await Desk.Services(0).GetRequiredService<SessionStore>().AbandonAsync(call.SessionId, "support", Ct);

        Assert.False(await Desk.Database.HashExistsAsync(Keys.Session(call.SessionId), "responded"));
        (await call.Visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        (await call.Visitor.PostAsync("chat/session/rating", new { score = 5 })).Expect(HttpStatusCode.NoContent);
    }

    private Task EnqueueAsync(string id) => EnqueueAsync(id, isThere: true);

    private async Task EnqueueAsync(string id, bool isThere)
    {
        await (isThere ? Desk.Database.HashSetAsync(Keys.Session(id), [new("status", "waiting"), new("created", 1)]) : Task.CompletedTask);
        await Desk.Services(0).GetRequiredService<QueueStore>().EnqueueAsync("support", id, TimeProvider.System.GetUtcNow(), WaitEstimate.Unknown, Ct);
    }
}
