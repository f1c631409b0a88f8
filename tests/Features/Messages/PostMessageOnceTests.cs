using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Sent at least once, stored exactly once.</summary>
public sealed class PostMessageOnceTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private const int Sends = 20;

    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task A_repeated_send_is_answered_with_the_message_first_stored()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var first = (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created);
        var second = (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.OK);
        var trimmedTheSame = (await visitor.SayAsync("  Hello\r\n", "m-1")).Expect(HttpStatusCode.OK);

        Assert.True(JsonNode.DeepEquals(first.Body, second.Body));
        Assert.True(JsonNode.DeepEquals(first.Body, trimmedTheSame.Body));
        Assert.Single((await visitor.HistoryAsync()).Messages());
    }

    [Fact]
    public async Task Another_text_under_the_same_client_id_is_refused_and_not_stored()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created);

        (await visitor.SayAsync("hello", "m-1")).ExpectProblem(409, "client_message_id_reused");

        Assert.Equal(["Hello"], (await visitor.HistoryAsync()).Texts());
    }

    [Fact]
    public async Task Twenty_concurrent_sends_over_two_nodes_store_one_message()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var answers = await Task.WhenAll(Enumerable.Range(0, Sends).Select(_ => visitor.SayAsync("Only once", "m-1")));

        var created = Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.Equal(Sends - 1, answers.Count(a => a.Status == HttpStatusCode.OK));
        Assert.All(answers, a => Assert.True(JsonNode.DeepEquals(created.Body, a.Body)));
        Assert.True(JsonNode.DeepEquals(created.Body, Assert.Single((await visitor.HistoryAsync()).Messages())));
    }

    [Fact]
    public async Task Of_twenty_concurrent_texts_under_one_client_id_one_is_stored_and_the_others_are_refused()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var answers = await Task.WhenAll(Enumerable.Range(0, Sends).Select(n => visitor.SayAsync($"Text {n}", "m-1")));

        var created = Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.All(answers.Except([created]), a => a.ExpectProblem(409, "client_message_id_reused"));
        Assert.Equal([(string)created["text"]!], (await visitor.HistoryAsync()).Texts());
    }

    [Fact]
    public async Task Client_ids_that_differ_in_case_are_two()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        (await visitor.SayAsync("Hello", "m-a")).Expect(HttpStatusCode.Created);
        (await visitor.SayAsync("Hello", "m-A")).Expect(HttpStatusCode.Created);

        Assert.Equal(2, (await visitor.HistoryAsync()).Messages().Count);
    }

    [Fact]
    public async Task The_same_client_id_in_another_session_is_another_message()
    {
        var (one, other) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));

        (await one.SayAsync("One", "m-1")).Expect(HttpStatusCode.Created);
        (await other.SayAsync("Other", "m-1")).Expect(HttpStatusCode.Created);

        Assert.Equal(["Other"], (await other.HistoryAsync()).Texts());
    }

    [Theory]
    [InlineData("anybody")]
    [InlineData("visitor")]
    [InlineData("operator")]
    [InlineData("visitor:")]
    public async Task Client_ids_of_visitor_and_operator_are_apart_whatever_the_operator_is_called(string operatorId)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var @operator = ChatClient.Operator(Nodes, operatorId);
        var sessionId = await visitor.ServeAsync(@operator);

        (await visitor.SayAsync("From the visitor", "m-1")).Expect(HttpStatusCode.Created);
        (await @operator.SayAsync("From the operator", "m-1", sessionId)).Expect(HttpStatusCode.Created);
        (await visitor.SayAsync("From the visitor", "m-1")).Expect(HttpStatusCode.OK);
        (await @operator.SayAsync("From the operator", "m-1", sessionId)).Expect(HttpStatusCode.OK);

        Assert.Equal(["From the visitor", "From the operator"], (await visitor.HistoryAsync("?event=false")).Texts());
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_closing_a_repeated_send_still_finds_what_was_stored()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        var @operator = ChatClient.Operator(Nodes);

        foreach (var caller in (ChatClient[])[visitor, account])
        {
            var sessionId = await caller.ServeAsync(@operator);
            var said = (await caller.SayAsync("Please close", "m-1")).Expect(HttpStatusCode.Created);
            var answered = (await @operator.SayAsync("Closing", "m-2", sessionId)).Expect(HttpStatusCode.Created);
            (await @operator.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);

            Assert.True(JsonNode.DeepEquals(said.Body, (await caller.SayAsync("Please close", "m-1")).Expect(HttpStatusCode.OK).Body));
            Assert.True(JsonNode.DeepEquals(answered.Body, (await @operator.SayAsync("Closing", "m-2", sessionId)).Expect(HttpStatusCode.OK).Body));
            (await caller.SayAsync("Something else", "m-1")).ExpectProblem(409, "client_message_id_reused");
            (await @operator.SayAsync("Anything", "m-3", sessionId)).ExpectProblem(409, "session_closed");
            Assert.Equal(["Please close", "Closing"], (await caller.HistoryAsync("?event=false")).Texts());
        }
    }
}
