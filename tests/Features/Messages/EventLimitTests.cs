using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

public sealed class EventLimitTests(LimitedNodes limited) : IClassFixture<LimitedNodes>
{
    [Fact]
    public async Task To_open_a_stream_is_one_poll_and_what_it_tells_is_none()
    {
        var visitor = await limited.VisitorAsync();
        using var stream = await EventStream.OpenAsync(limited.Nodes.NextAddress(), visitor);
        await stream.NextAsync();
        for (var n = 0; n < LimitedNodes.MessagesPerMinute; n++)
        {
            (await visitor.SayAsync($"Message {n}")).Expect(HttpStatusCode.Created);
            Assert.Equal([$"Message {n}"], (await stream.NextAsync()).Texts);
        }

        for (var left = LimitedNodes.PollsPerMinute - 1; left > 0; left--)
        {
            await visitor.PollAsync("?after=0-0");
        }

        LimitedNodes.RetryAfter(await visitor.GetAsync("chat/events"));
        LimitedNodes.RetryAfter(await visitor.GetAsync("chat/poll"));
    }
}
