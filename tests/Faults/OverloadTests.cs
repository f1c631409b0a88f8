using System.Net;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>When a node or Redis is behind with its work, calls between them take longer. Then polls are told to come less often, and sends go on.</summary>
public sealed class OverloadTests
{
    private const int NominalMs = 6000;

    /// <summary>The pause is spread by a fifth.</summary>
    private const double Spread = 1.2;

    [Fact]
    public async Task Polls_are_told_to_spread_out_while_calls_take_long_and_no_longer()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var proxy = TcpProxy.To(redis.Port);
        await using var nodes = await ChatNodes.StartAsync(
            $"127.0.0.1:{proxy.Port}", count: 1, new Dictionary<string, string> { ["Redis:AttemptMilliseconds"] = "500", ["Redis:TotalMilliseconds"] = "1100" });
        var visitor = ChatClient.Anonymous(nodes);
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        await UntilAsync(pause => pause <= NominalMs * Spread);

        proxy.Delay(TimeSpan.FromMilliseconds(60), TimeSpan.Zero);
        // There and back: some five times as long as is prompt.
        await UntilAsync(pause => pause > NominalMs * 3);
        (await visitor.SayAsync("Is my order through?")).Expect(HttpStatusCode.Created);
        var waited = await visitor.PollAsync("?after=0-0&wait=1");
        Assert.True((int)waited["nextPollMs"]! > NominalMs, "A client that waits at the server comes again at once, however slow that is.");

        proxy.Heal();
        await UntilAsync(pause => pause <= NominalMs * Spread);
        Assert.Equal(["Is my order through?"], (await visitor.PollAsync("?after=0-0")).Texts());

        // Until it is so, a minute at most: what is recent is a matter of how many calls there are.
        async Task UntilAsync(Func<int, bool> isSo)
        {
            int pause;
            var patience = TimeProvider.System.GetTimestamp();
            do
            {
                pause = (int)(await visitor.PollAsync("?after=0-0"))["nextPollMs"]!;
                Assert.True(TimeProvider.System.GetElapsedTime(patience) < TimeSpan.FromMinutes(1), $"Still told to wait for {pause} ms.");
            }
            while (!isSo(pause));
        }
    }
}
