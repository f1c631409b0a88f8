using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>One operator takes a bounded part of a day's audit entries, and nothing from what others do.</summary>
public sealed class AuditShareTests(AuditedNodes desk) : DeskTest(desk), IClassFixture<AuditedNodes>
{
    private const int Share = AuditedNodes.EntriesPerDay / 10;

    [Fact]
    public async Task Presence_is_recorded_only_when_it_changes()
    {
        var dana = Desk.Operator();
        string[] both = ["support", "billing"];

        foreach (var said in (object[])[
            new { status = "online" }, new { }, new { capacity = 5 }, new { status = "away" }, new { status = "away" }, new { departments = both },
            new { status = "away", capacity = 5, departments = both }, new { status = "online" }])
        {
            (await dana.PutAsync("operator/presence", said)).Expect(HttpStatusCode.OK);
        }

        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        Assert.Equal(
            ["away 5 ", "away 5 support,billing", "online 5 support,billing"],
            (await Desk.Database.StreamRangeAsync(Keys.Audit(day))).Where(entry => entry["operator"] == dana.Id).Select(entry => (string?)entry["detail"]));
    }

    [Fact]
    public async Task Beyond_its_share_an_operators_looks_and_settings_are_lost_but_not_what_it_does_to_customers_nor_anything_of_others()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var call = await Desk.CallAsync();
        for (var i = 0; i < Share + 5; i++)
        {
            (await dana.PutAsync("operator/presence", new { capacity = 10 + i })).Expect(HttpStatusCode.OK);
        }

        await BackgroundIdleAsync();
        Assert.Equal(Share, await CountAsync(dana));

        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.GetAsync($"operator/sessions/{call.SessionId}")).Expect(HttpStatusCode.OK);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/notes", new { text = "A note" })).Expect(HttpStatusCode.Created);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 5 })).Expect(HttpStatusCode.NoContent);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 0 })).Expect(HttpStatusCode.NoContent);
        (await dana.ReleaseAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.TransferToDepartmentAsync(call.SessionId, "billing")).Expect(HttpStatusCode.OK);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
        await eli.PutAsync("operator/presence", new { capacity = 1 });
        await BackgroundIdleAsync();

        Assert.Equal(Share + "claimed blocked unblocked released claimed transferred claimed closed".Split(' ').Length, await CountAsync(dana));
        Assert.Equal(1, await CountAsync(eli));
    }

    private Task<long> CountAsync(DeskCaller caller)
    {
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        return Desk.Database.SortedSetLengthAsync(Keys.AuditOf(day, "operator", Keys.AuditDigest(caller.Id)));
    }
}
