using System.Net;
using Intotes.Chat.Tests.Features.Operators;

namespace Intotes.Chat.Tests.Features.Sessions;

[Collection(nameof(DeskNodes))]
public sealed class RateSessionTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Path = "chat/session/rating";

    [Fact]
    public async Task A_session_is_rated_once_it_is_closed()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallAsync();

        (await RateAsync(call, 5)).ExpectProblem(409, "session_not_closed");
        await dana.ClaimAsync(call.SessionId);
        (await RateAsync(call, 5)).ExpectProblem(409, "session_not_closed");
        await dana.SayAsync("Hello", call.SessionId);
        await dana.PostAsync($"operator/sessions/{call.SessionId}/close");

        (await RateAsync(call, 5, "Quick and kind.")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(["operator_called", "operator_joined", "closed", "rated"], await call.EventsAsync());
        Assert.Equal((5.0, 1), await RatingsAsync());
    }

    [Fact]
    public async Task Rating_again_replaces_and_leaves_no_second_entry()
    {
        var call = await ClosedAsync();

        foreach (var score in (int[])[2, 4, 4, 1])
        {
            (await RateAsync(call, score)).Expect(HttpStatusCode.NoContent);
            Assert.Equal((score, 1), await RatingsAsync());
        }

        Assert.Single(await call.EventsAsync(), e => e == "rated");
    }

    [Fact]
    public async Task The_average_is_over_all_sessions_and_departments()
    {
        foreach (var (department, score) in new[] { ("support", 5), ("billing", 2), ("support", 2) })
        {
            await RateAsync(await ClosedAsync(department), score);
        }

        Assert.Equal((3.0, 3), await RatingsAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(-5)]
    [InlineData(null)]
    public async Task The_score_is_from_1_to_5(int? score)
    {
        var call = await ClosedAsync();

        (await RateAsync(call, score)).ExpectInvalid("score");

        Assert.DoesNotContain("rated", await call.EventsAsync());
        Assert.Equal((null, 0), await RatingsAsync());
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("bell\u0007")]
    [InlineData(null)]
    public async Task The_comment_is_one_line_of_at_most_1000_characters(string? wrong)
    {
        var call = await ClosedAsync();

        (await RateAsync(call, 3, wrong ?? new string('c', 1001))).ExpectInvalid("comment");
        (await RateAsync(call, 3, new string('c', 1000))).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task An_account_rates_its_newest_session_and_no_longer_once_it_has_another()
    {
        var account = Desk.Account();
        var call = await ClosedAsync(visitor: account);
        (await RateAsync(call, 4)).Expect(HttpStatusCode.NoContent);

        await account.OpenAsync();

        (await RateAsync(call, 1)).ExpectProblem(409, "session_not_closed");
        Assert.Equal((4.0, 1), await RatingsAsync());
    }

    [Fact]
    public async Task Without_a_session_there_is_nothing_to_rate()
    {
        var stranger = Desk.Visitor();
        (await stranger.PostAsync(Path, new { score = 5 })).ExpectProblem(404, "session_not_found");
        (await Desk.Account().PostAsync(Path, new { score = 5 })).ExpectProblem(404, "session_not_found");
        (await Desk.Operator().PostAsync(Path, new { score = 5 })).ExpectProblem(403, "forbidden");
        stranger.SessionToken = "q0mJ3mX0T0m2cKk0aXb1Zw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        (await stranger.PostAsync(Path, new { score = 5 })).ExpectProblem(401, "invalid_session_token");
    }

    private async Task<DeskCall> ClosedAsync(string department = "support", DeskCaller? visitor = null)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, department, visitor);
        (await dana.SayAsync("Hello", call.SessionId)).Expect(HttpStatusCode.Created);
        (await call.Visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        return call;
    }

    private static Task<Answer> RateAsync(DeskCall call, int? score, string? comment = null) => call.Visitor.PostAsync(Path, new { score, comment });

    private async Task<(double? Average, int Count)> RatingsAsync()
    {
        await BackgroundIdleAsync(); // the samples of ratings
        var stats = (await Desk.Operator().GetAsync("operator/stats")).Expect(HttpStatusCode.OK);
        return ((double?)stats["averageRating"], (int)stats["ratings"]!);
    }
}
