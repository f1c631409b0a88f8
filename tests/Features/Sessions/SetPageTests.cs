using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>On which page the visitor is, as it goes from one to the other.</summary>
public sealed class SetPageTests(DeskNodes desk) : DeskTest(desk), IClassFixture<DeskNodes>
{
    private const string Orders = "https://shop.example/orders", Basket = "https://shop.example/basket";

    [Fact]
    public async Task Operators_see_it_in_calls_and_sessions_and_a_waiting_poll_is_woken_once_for_each_change()
    {
        var (visitor, dana) = (Desk.Visitor(), Desk.Operator());
        await visitor.OpenAsync(new { pageUrl = Orders });
        (await visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK);
        await ToAsync(visitor, Basket);
        Assert.Equal(Basket, (string?)(await dana.GetAsync("operator/calls"))["calls"]![0]!["visitor"]!["pageUrl"]);

        var session = (string)(await dana.PostAsync("operator/calls/claim", new { })).Expect(HttpStatusCode.OK)["sessionId"]!;
        var before = (await dana.GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
        Assert.Equal(1, (int)before["sessions"]![0]!["pageChanges"]!);
        var waiting = dana.GetAsync($"operator/poll?wait=25&after={before["cursor"]}");
        await Desk.ListeningAsync(Keys.Announcements(session));
        await ToAsync(visitor, Orders);

        var woken = (await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Expect(HttpStatusCode.OK);
        Assert.Equal(2, (int)woken["sessions"]![0]!["pageChanges"]!);
        Assert.Equal(Orders, (string?)(await dana.GetAsync("operator/sessions"))["sessions"]![0]!["visitor"]!["pageUrl"]);
        await ToAsync(visitor, Orders);
        Assert.Equal(woken["cursor"]!.ToString(), (await dana.GetAsync("operator/poll"))["cursor"]!.ToString());
    }

    [Fact]
    public async Task What_is_not_an_address_or_of_no_session_is_refused_and_opens_none()
    {
        var visitor = Desk.Visitor();
        (await visitor.PostAsync("chat/session/page", new { pageUrl = Orders })).ExpectProblem(404, "session_not_found");
        await visitor.OpenAsync(new { pageUrl = Orders });
        (await visitor.PostAsync("chat/session/page", new { })).ExpectInvalid("pageUrl");
        (await visitor.PostAsync("chat/session/page", new { pageUrl = "" })).ExpectInvalid("pageUrl");
        (await visitor.PostAsync("chat/session/page", new { pageUrl = "https://shop.example/\n" })).ExpectInvalid("pageUrl");
        (await visitor.PostAsync("chat/session/page", new { pageUrl = new string('p', 2001) })).ExpectInvalid("pageUrl");
        await ToAsync(visitor, new string('p', 2000));

        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        (await visitor.PostAsync("chat/session/page", new { pageUrl = Orders })).ExpectProblem(409, "session_closed");
        Assert.Equal("closed", (string?)(await visitor.GetAsync("chat/poll?after=0-0"))["status"]);
    }

    [Fact]
    public async Task Of_a_blocked_visitor_nothing_is_noted()
    {
        var (visitor, dana) = (Desk.Visitor(), Desk.Operator());
        await visitor.OpenAsync(new { pageUrl = Orders });
        (await visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK);
        var session = (string)(await dana.PostAsync("operator/calls/claim", new { })).Expect(HttpStatusCode.OK)["sessionId"]!;
        (await dana.PostAsync($"operator/sessions/{session}/block", new { minutes = 60 })).Expect(HttpStatusCode.NoContent);

        await ToAsync(visitor, Basket);

        Assert.Equal(Orders, (string?)(await dana.GetAsync("operator/sessions"))["sessions"]![0]!["visitor"]!["pageUrl"]);
    }

    private static async Task ToAsync(DeskCaller visitor, string page) =>
        (await visitor.PostAsync("chat/session/page", new { pageUrl = page })).Expect(HttpStatusCode.NoContent);
}
