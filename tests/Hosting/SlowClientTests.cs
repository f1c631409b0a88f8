using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Clients that send or read slowly, send too much or nothing at all, and how many the server takes at once.</summary>
[Trait("time", "long")]
public sealed class SlowClientTests(ChatNodes nodes)
{
    private const int MostHeadBytes = 64 * 1024, MostBodyBytes = 64 * 1024;

    /// <summary>The server gives five seconds. This is far beyond that, for a busy machine, and far below what it would be by default, or what the client would take.</summary>
    private static readonly TimeSpan CutWithin = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_sends_its_headers_slowly_is_cut_off()
    {
        using var client = await RawConnection.OpenAsync(nodes.NextAddress(), Ct);
        await client.SendAsync("GET /api/v1/chat/availability HTTP/1.1\r\nHost: chat\r\n", Ct);

        var (answer, took) = await DripAsync(client, "X-Slow: a\r\n", TimeSpan.FromMilliseconds(500));

        Assert.True(answer.Ended && answer.Status is 408 or 0, $"{answer}");
        Assert.True(took < CutWithin, $"It took {took}.");
    }

    [Fact]
    public async Task A_client_that_sends_its_body_slowly_is_cut_off()
    {
        using var client = await RawConnection.OpenAsync(nodes.NextAddress(), Ct);
        await client.SendAsync("POST /api/v1/chat/session HTTP/1.1\r\nHost: chat\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{\"name\":\"", Ct);

        // 500 bytes a second: the server's default would be content with 240.
        var (answer, took) = await DripAsync(client, new string('a', 125), TimeSpan.FromMilliseconds(250));

        Assert.True(answer.Status is >= 400 and < 500 or 0, $"{answer}");
        Assert.Equal(0, (await client.ReadAsync(isHead: false, Ct)).Status); // the connection has ended
        Assert.True(took < CutWithin, $"It took {took}.");
    }

    [Fact]
    public async Task A_client_that_reads_an_answer_slowly_is_cut_off()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        for (var n = 0; n < 75; n++)
        {
            (await visitor.SayAsync(new string('a', 4_000))).Expect(HttpStatusCode.Created);
        }

        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048 };
        // TCP_MAXSEG, as of a network: for what comes over loopback by itself the kernel would take all.
        client.SetRawSocketOption(6, 2, BitConverter.GetBytes(536));
        await client.ConnectAsync(nodes.NextAddress().Host, nodes.NextAddress().Port, Ct);
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET /api/v1/chat/history HTTP/1.1\r\nHost: chat\r\nX-Chat-Session: {visitor.SessionToken}\r\n\r\n"), Ct);
        var (started, isCut) = (Stopwatch.GetTimestamp(), false);
        while (!isCut)
        {
            try
            {
                isCut = await client.ReceiveAsync(new byte[150], Ct) == 0;
            }
            catch (SocketException)
            {
                isCut = true;
            }

            // By Kestrel's default, 240 bytes a second, the 64 KB that wait for the client would take more than four minutes and a half.
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(3), "It is still served.");
            await Task.Delay(TimeSpan.FromMilliseconds(500), Ct);
        }
    }

    [Fact]
    public async Task A_client_that_keeps_a_connection_between_two_polls_is_not_taken_for_slow()
    {
        using var client = await RawConnection.OpenAsync(nodes.NextAddress(), Ct);
        for (var n = 0; n < 2; n++)
        {
            await client.SendAsync("GET /api/v1/chat/availability HTTP/1.1\r\nHost: chat\r\n\r\n", Ct);
            Assert.Equal((200, false), await client.ReadAsync(isHead: false, Ct) is var answer ? (answer.Status, answer.Ended) : default);
            await Task.Delay(n == 0 ? TimeSpan.FromSeconds(7) : TimeSpan.Zero, Ct); // longer than headers may take
        }
    }

    [Theory]
    [InlineData("X-Large", 0, 200)]
    [InlineData("X-Large", 1, 431)]
    [InlineData("X-Large", 100_000, 431)]
    [InlineData("Cookie", 1, 431)]
    public async Task Headers_may_have_64_KB_together(string name, int more, int status)
    {
        var rest = "Host: chat\r\n".Length + $"{name}: \r\n".Length;
        var answer = await AskAsync($"GET /api/v1/chat/availability HTTP/1.1\r\nHost: chat\r\n{name}: {new string('a', MostHeadBytes - rest + more)}\r\n\r\n");
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task More_headers_than_anybody_needs_and_a_longer_address_are_refused()
    {
        Assert.Equal(431, (await AskAsync($"GET / HTTP/1.1\r\nHost: chat\r\n{string.Concat(Enumerable.Range(0, 120).Select(n => $"X-{n}: a\r\n"))}\r\n")).Status);
        Assert.Equal(414, (await AskAsync($"GET /{new string('a', 10_000)} HTTP/1.1\r\nHost: chat\r\n\r\n")).Status);
    }

    [Theory]
    [InlineData(MostBodyBytes, false, 400)] // its text is too long, but it is read
    [InlineData(MostBodyBytes + 1, false, 413)]
    [InlineData(int.MaxValue, false, 413)]
    [InlineData(MostBodyBytes + 1, true, 413)]
    public async Task A_body_may_have_64_KB_however_its_end_is_announced(int length, bool isChunked, int status)
    {
        var head = "POST /api/v1/chat/session HTTP/1.1\r\nHost: chat\r\nContent-Type: application/json\r\n";
        var sent = Math.Min(length, MostBodyBytes + 1);
        var body = $$"""{"name":"{{new string('a', sent - 11)}}"}""";
        Assert.Equal(sent, body.Length);
        var answer = await AskAsync(isChunked ? $"{head}Transfer-Encoding: chunked\r\n\r\n{sent:x}\r\n{body}\r\n0\r\n\r\n" : $"{head}Content-Length: {length}\r\n\r\n{body}");
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task No_more_connections_are_taken_than_configured_and_each_that_ends_makes_room()
    {
        const int Most = 20;
        var logs = new LogWatch();
        await using var few = ChatNode.Start(nodes.Redis.Configuration, logs, new Dictionary<string, string> { ["Server:MaxConnections"] = $"{Most}" });
        var taken = new List<RawConnection>();
        while (await RawConnection.OpenServedAsync(few.Address, Ct) is { } connection)
        {
            taken.Add(connection);
            Assert.True(taken.Count <= Most, "There is no end of them.");
        }

        Assert.Equal(Most, taken.Count);
        Assert.Null(await RawConnection.OpenServedAsync(few.Address, Ct));
        Assert.True(await taken[0].IsServedAsync(Ct), "The client that was there first is not served any more.");

        taken[^1].Dispose();
        var started = Stopwatch.GetTimestamp();
        RawConnection? next;
        while ((next = await RawConnection.OpenServedAsync(few.Address, Ct)) is null)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < CutWithin, "There is no room for another.");
        }

        Assert.All(logs.Unexpected, line => Assert.Contains("maximum number of concurrent connections", line, StringComparison.Ordinal));
        next.Dispose();
        taken.ForEach(connection => connection.Dispose());
    }

    private async Task<RawAnswer> AskAsync(string request)
    {
        using var client = await RawConnection.OpenAsync(nodes.NextAddress(), Ct);
        try
        {
            await client.SendAsync(request, Ct);
        }
        catch (SocketException)
        {
            // It has said why before it ended the connection.
        }

        return await client.ReadAsync(isHead: false, Ct);
    }

    /// <summary>Sends this again and again until the server has had enough.</summary>
    private static async Task<(RawAnswer Answer, TimeSpan Took)> DripAsync(RawConnection client, string drop, TimeSpan pause)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = client.ReadAsync(isHead: false, Ct);
        while (!answer.IsCompleted && Stopwatch.GetElapsedTime(started) < 2 * CutWithin)
        {
            try
            {
                await client.SendAsync(drop, Ct);
            }
            catch (SocketException)
            {
                break;
            }

            await Task.WhenAny(answer, Task.Delay(pause, Ct));
        }

        client.EndSending();
        return (await answer, Stopwatch.GetElapsedTime(started));
    }
}
