using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Which session an operator writes to and reads.</summary>
public sealed class OperatorAccessTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task An_operator_without_a_session_has_nothing_to_read_or_write()
    {
        var @operator = ChatClient.Operator(Nodes);

        await IsRefusedAsync(@operator, null);
        await IsRefusedAsync(@operator, "q0mJ3mX0T0m2cKk0aXb1Zw");
        await IsRefusedAsync(@operator, "");
        await IsRefusedAsync(@operator, "no {session} of\nthis * form");
    }

    [Theory]
    [InlineData("operator")]
    [InlineData("supervisor")]
    public async Task Only_the_operator_that_holds_a_session_reads_and_writes_it(string role)
    {
        var (visitor, holder) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var other = ChatClient.Operator(Nodes, role: role);
        var open = (string)(await visitor.OpenAsync())["sessionId"]!;
        await IsRefusedAsync(other, open);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        await IsRefusedAsync(other, open);
        var sessionId = await visitor.ServeAsync(holder);
        Assert.Equal(open, sessionId);
        await IsRefusedAsync(other, sessionId);

        (await holder.SayAsync("I have it", sessionId: sessionId)).Expect(HttpStatusCode.Created);

        Assert.Equal("I have it", (await holder.HistoryAsync($"?sessionId={sessionId}")).Texts()[^1]);
        Assert.Equal("I have it", (await holder.PollAsync($"?sessionId={sessionId}")).Texts()[^1]);
        await IsRefusedAsync(other, sessionId);
        Assert.Equal(["I have it"], (await visitor.HistoryAsync("?event=false")).Texts());
    }

    [Fact]
    public async Task An_operator_with_one_session_need_not_name_it_but_with_several_must()
    {
        var @operator = ChatClient.Operator(Nodes);
        var (one, two) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));

        var first = await one.ServeAsync(@operator);
        (await @operator.SayAsync("To the first")).Expect(HttpStatusCode.Created);
        Assert.Equal(first, (string?)(await @operator.HistoryAsync())["sessionId"]);
        Assert.Equal("To the first", (await @operator.PollAsync()).Texts()[^1]);

        var second = await two.ServeAsync(@operator);
        (await @operator.SayAsync("To whom?")).ExpectInvalid("sessionId");
        (await @operator.GetAsync("chat/history")).ExpectInvalid("sessionId");
        (await @operator.GetAsync("chat/poll?wait=25")).ExpectInvalid("sessionId");
        (await @operator.SayAsync("To the second", sessionId: second)).Expect(HttpStatusCode.Created);
        Assert.Equal(second, (string?)(await @operator.HistoryAsync($"?sessionId={second}"))["sessionId"]);

        (await @operator.PostAsync($"operator/sessions/{first}/close")).Expect(HttpStatusCode.OK);
        (await @operator.SayAsync("To the one left")).Expect(HttpStatusCode.Created);
        Assert.Equal(["To the first"], (await one.HistoryAsync("?event=false")).Texts());
        Assert.Equal(["To the second", "To the one left"], (await two.HistoryAsync("?event=false")).Texts());
    }

    [Fact]
    public async Task What_an_operator_writes_carries_its_name_and_not_its_id()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, "the-id-of-dana", "Dana Ünïcode"));
        await visitor.ServeAsync(@operator);

        var said = (await @operator.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created);

        Assert.Equal("operator", (string?)said["sender"]);
        Assert.Equal("Dana Ünïcode", (string?)said["senderName"]);
        Assert.Equal("m-1", (string?)said["clientMessageId"]);
        Assert.DoesNotContain("the-id-of-dana", (await visitor.HistoryAsync()).Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("the-id-of-dana", (await visitor.PollAsync()).Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_visitor_stays_in_its_own_session_whatever_it_names()
    {
        var (visitor, other) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));
        (await other.SayAsync("Private")).Expect(HttpStatusCode.Created);
        var foreign = (string)(await other.HistoryAsync())["sessionId"]!;

        (await visitor.SayAsync("Mine", sessionId: foreign)).Expect(HttpStatusCode.Created);

        Assert.Equal(["Mine"], (await visitor.HistoryAsync($"?sessionId={foreign}")).Texts());
        Assert.Equal(["Mine"], (await visitor.PollAsync($"?sessionId={foreign}")).Texts());
        Assert.Equal(["Private"], (await other.HistoryAsync()).Texts());
    }

    private static async Task IsRefusedAsync(ChatClient @operator, string? sessionId)
    {
        var query = sessionId is null ? "" : $"sessionId={Uri.EscapeDataString(sessionId)}&";
        (await @operator.SayAsync("Let me in", "m-1", sessionId)).ExpectProblem(403, "not_assigned");
        (await @operator.GetAsync($"chat/history?{query}limit=5")).ExpectProblem(403, "not_assigned");
        (await @operator.GetAsync($"chat/poll?{query}wait=25")).ExpectProblem(403, "not_assigned");
    }
}
