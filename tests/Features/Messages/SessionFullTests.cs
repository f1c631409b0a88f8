using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A node whose sessions hold ten entries.</summary>
public sealed class SessionFullTests(ChatNodes shared) : IAsyncLifetime
{
    private const int Entries = 10;

    private ChatNodes? own;

    private ChatNodes Nodes => own!;

    public async ValueTask InitializeAsync() =>
        own = await ChatNodes.StartAsync(shared.Redis.Configuration, count: 1, new Dictionary<string, string> { ["Chat:Limits:EntriesPerSession"] = $"{Entries}" });

    public ValueTask DisposeAsync() => Nodes.DisposeAsync();

    [Fact]
    public async Task A_full_session_takes_no_message_and_no_call_but_repeats_what_it_stored_and_can_be_closed()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        for (var n = 1; n <= Entries; n++)
        {
            (await visitor.SayAsync($"Message {n}", $"m-{n}")).Expect(HttpStatusCode.Created);
        }

        (await visitor.SayAsync("One too many")).ExpectProblem(409, "session_full");
        (await visitor.SayAsync("One too many", "m-11")).ExpectProblem(409, "session_full");
        (await visitor.CallOperatorAsync()).ExpectProblem(409, "session_full");
        (await visitor.SayAsync("Message 10", "m-10")).Expect(HttpStatusCode.OK);
        (await visitor.SayAsync("Message 11", "m-10")).ExpectProblem(409, "client_message_id_reused");
        Assert.Equal(Enumerable.Range(1, Entries).Select(n => $"Message {n}"), (await visitor.HistoryAsync()).Texts());

        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("closed", (await visitor.HistoryAsync()).Events()[^1]);
        (await visitor.SayAsync("After")).ExpectProblem(409, "session_closed");
    }

    [Fact]
    public async Task Of_concurrent_messages_only_as_many_as_fit_are_stored()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var answers = await Task.WhenAll(Enumerable.Range(0, 2 * Entries).Select(n => visitor.SayAsync($"Message {n}")));

        var created = answers.Where(a => a.Status == HttpStatusCode.Created).ToList();
        Assert.Equal(Entries, created.Count);
        Assert.All(answers.Except(created), a => a.ExpectProblem(409, "session_full"));
        Assert.Equal(created.Select(a => (string)a["text"]!).Order(), (await visitor.HistoryAsync()).Texts().Order());
    }
}
