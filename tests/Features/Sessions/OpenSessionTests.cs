using System.Net;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class OpenSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task Gives_an_anonymous_visitor_a_session_and_the_same_one_again()
    {
        var visitor = ChatClient.Anonymous(nodes);

        var created = (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        Assert.Equal("open", (string?)created["status"]);
        Assert.Equal("anonymous", (string?)created["visitor"]!["kind"]);
        Assert.Equal("0-0", (string?)created["cursor"]);
        Assert.Null(created["operator"]);
        Assert.Null(created["queue"]);

        var again = (await visitor.OpenAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal((string?)created["sessionId"], (string?)again["sessionId"]);
    }
}
