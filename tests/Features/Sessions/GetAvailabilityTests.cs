using System.Net;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>A node answers from a look at the queues that is at most a second old, so each of these waits until both nodes have looked.</summary>
[Collection(nameof(DeskNodes))]
public sealed class GetAvailabilityTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task With_nobody_there_the_chat_is_not_open() => await BothSayAsync(online: false, waiting: 0, estimate: null);

    [Fact]
    public async Task An_operator_online_opens_the_chat()
    {
        await Desk.Operator().ServeAsync("billing");

        await BothSayAsync(online: true, waiting: 0, estimate: null);
    }

    [Fact]
    public async Task Those_who_wait_are_counted_over_all_departments()
    {
        var call = await Desk.CallAsync();
        await Desk.CallAsync();
        await Desk.CallAsync("billing");
        await BothSayAsync(online: false, waiting: 3, estimate: null);

        await call.Visitor.PostAsync("chat/session/close");
        await BothSayAsync(online: false, waiting: 2, estimate: null);
    }

    [Fact]
    public async Task The_estimate_says_how_long_one_who_called_now_would_wait()
    {
        for (var i = 0; i < 5; i++)
        {
            await Desk.Services(0).GetRequiredService<SampleStore>().RecordAsync("support", SampleKind.Busy, $"session{i}", 60, Ct);
            await Desk.CallAsync();
        }

        await Desk.Operator().PutAsync("operator/presence", new { capacity = 2 });

        // Two places are free; each of the other four (five wait, and the one who asks) takes one that comes free every 60 s / 2.
        await BothSayAsync(online: true, waiting: 5, estimate: 120);
    }

    [Fact]
    public async Task Nobody_needs_a_credential_for_it_but_a_bad_one_is_refused()
    {
        (await Desk.Visitor().GetAsync("chat/availability")).Expect(HttpStatusCode.OK);

        var stranger = Desk.Visitor();
        stranger.SessionToken = "no token at all";
        (await stranger.GetAsync("chat/availability")).Expect(HttpStatusCode.OK);
        (await Desk.BadlySigned().GetAsync("chat/availability")).ExpectProblem(401, "invalid_token");
    }

    private Task BothSayAsync(bool online, int waiting, int? estimate) => EventuallyAsync($"online {online}, waiting {waiting}, estimate {estimate}", async () =>
    {
        var answers = await Task.WhenAll(Desk.Visitor().GetAsync("chat/availability"), Desk.Visitor().GetAsync("chat/availability"));
        return answers.All(a => (bool)a["operatorsOnline"]! == online && (bool)a["open"]! == online && (int)a["waiting"]! == waiting
            && (int?)a["estimatedWaitSeconds"] == estimate);
    });
}
