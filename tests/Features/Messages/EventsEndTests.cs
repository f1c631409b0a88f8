using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Tests.Faults;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What ends a stream of events at once, long before its time is up.</summary>
public sealed class EventsEndTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task The_closing_entry_is_the_last_that_anybody_is_told()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var session = await visitor.ServeAsync(dana);
        using var theirs = await OpenAsync(visitor);
        using var hers = await OpenAsync(dana, $"?sessionId={session}");
        await Task.WhenAll(theirs.NextAsync(), hers.NextAsync());

        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        var last = await theirs.UntilAsync(e => e.Events.Contains("closed"));
        Assert.Equal("closed", (string?)last.Data!["status"]);
        await theirs.EndAsync();
        while (await hers.ReadAsync() is not null)
        {
            // A closed session is nobody's any more, so she may be told, or not.
        }

        // EventSource comes again after 200, and not after 204.
        foreach (var query in (string[])[$"?after={last.Id}", $"?after={last.Id}&more=1", "", "?wait=1"])
        {
            (await visitor.SendAsync(HttpMethod.Get, "chat/events" + query, null, request => request.Headers.Add("Last-Event-ID", last.Id))).Expect(HttpStatusCode.NoContent);
        }

        (await visitor.GetAsync($"chat/events?after={last.Id}")).Expect(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("?after=0-0")]
    [InlineData("?after=0-0&wait=600&more=1")] // the way of all requests
    public async Task A_client_far_behind_when_a_session_is_closed_is_told_all_of_it(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, (2 * MessageFollower.MostAtOnce) + 50);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        using var stream = await OpenAsync(visitor, query);
        var told = new List<string>();
        ServerEvent next;
        do
        {
            next = await stream.NextAsync();
            Assert.Equal("closed", (string?)next.Data!["status"]);
            told.AddRange(next.Data!["messages"]!.AsArray().Select(message => (string)message!["id"]!));
        }
        while (!next.Events.Contains("closed"));

        Assert.Equal(ids, told[..^1]);
        await stream.EndAsync();
    }

    [Fact]
    public async Task An_erased_session_ends_without_a_word()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();

        (await visitor.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);

        await stream.EndAsync();
    }

    [Fact]
    public async Task An_operator_that_has_the_session_no_longer_hears_no_more_and_the_visitor_does()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var session = await visitor.ServeAsync(dana);
        using var theirs = await OpenAsync(visitor);
        using var hers = await OpenAsync(dana, $"?sessionId={session}");
        await Task.WhenAll(theirs.NextAsync(), hers.NextAsync());

        (await dana.PostAsync($"operator/sessions/{session}/release")).Expect(HttpStatusCode.OK);

        await hers.EndAsync();
        await theirs.UntilAsync(e => e.Events.Contains("operator_left"));
        (await visitor.SayAsync("Hello?")).Expect(HttpStatusCode.Created);
        await theirs.UntilAsync(e => e.Texts.Contains("Hello?"));
    }

    [Fact]
    public async Task A_token_that_an_account_has_taken_over_hears_no_more()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();

        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        account.SessionToken = visitor.SessionToken;
        (await account.OpenAsync()).Expect(HttpStatusCode.OK);

        await stream.EndAsync();
    }

    [Fact]
    public async Task A_node_that_stops_ends_its_streams_and_waits_first()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await using var service = await ServiceProcess.StartAsync(Nodes.Redis.Configuration, new() { ["Server__DrainSeconds"] = "200" });
        using var stream = await EventStream.OpenAsync(service.Address, visitor);
        await stream.NextAsync();
        var poll = visitor.SendToAsync(service.Address, HttpMethod.Get, "chat/poll?after=0-0&wait=25");

        var stopping = service.StopAsync();
        await stream.EndAsync();
        Assert.Empty((await poll).Expect(HttpStatusCode.OK).Messages());

        // It goes on serving, for 200 seconds.
        Assert.False(stopping.IsCompleted);
        using var again = await EventStream.OpenAsync(service.Address, visitor);
        await again.NextAsync();
        await again.EndAsync();
        await service.KillAsync();
        await stopping;
    }

    private Task<EventStream> OpenAsync(ChatClient caller, string query = "") => EventStream.OpenAsync(Nodes.NextAddress(), caller, query);
}
