using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A client that opens a stream and does not read it.</summary>
[Trait("time", "long")]
public sealed class SlowReaderTests
{
    private const int Messages = 1000, MostKept = 256 * 1024;

    /// <summary>As long as a message may be, and no character takes more bytes: an event of 200 is larger than what the kernel keeps for a client.</summary>
    private static readonly string LongText = string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars - 5));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_not_read_is_not_fetched_others_are_served_and_nothing_is_lost()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, change: CountingPolls.Register);
        var counts = (CountingPolls)nodes.Services.GetRequiredService<RedisGateway>();
        var (visitor, other) = (await MessageSteps.VisitorAsync(nodes), await MessageSteps.VisitorAsync(nodes));
        using var stream = await EventStream.OpenAsync(nodes.Addresses[0], visitor, isSlow: true);
        await stream.NextAsync();
        var (before, expected) = (counts.Polls, await StoreAsync(nodes, visitor));

        await UntilQuietAsync(counts);
        // All of it would take five events, besides the looks that found less.
        var fetched = counts.Fetched;
        Assert.True(fetched < Messages * 4 / 5, $"{fetched} of {Messages} messages were fetched for one who reads none.");
        for (var n = 0; n < 20; n++)
        {
            await other.SayAsync($"Message {n}");
            Assert.Equal(n + 1, (await other.PollAsync("?after=0-0")).Messages().Count);
        }

        Assert.Equal(expected, await ReadAllAsync(nodes, visitor, stream));
        Assert.True(counts.Polls > before);
    }

    /// <summary>A large event is still being written; or the kernel has its fill, and the node has the rest, of a stream that has ended.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_stops_does_not_wait_for_one_who_reads_nothing(bool isWriting)
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration);
        var visitor = await MessageSteps.VisitorAsync(nodes);
        if (isWriting)
        {
            await StoreAsync(nodes, visitor);
        }

        await using var service = await ServiceProcess.StartAsync(redis.Configuration, new() { ["Server__DrainSeconds"] = "200" });
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, service.Address.Port, Ct);
        var request = $"GET /api/v1/chat/events?after=0-0 HTTP/1.1\r\nHost: chat\r\nX-Chat-Session: {visitor.SessionToken}\r\n\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes(request), SocketFlags.None, Ct);
        await UntilAsync("it is being answered", () => client.Available > 0);
        await (isWriting ? Task.CompletedTask : FillAsync(nodes, visitor, client));
        await UntilAsync("it is open, and has not got all", () => AtServer(client) is { IsOpen: true, Unsent: > 0 });

        var stopping = service.StopAsync();

        await UntilAsync("the node lets go of it", () => AtServer(client) is not { IsOpen: true });
        // It goes on serving, for 200 seconds.
        Assert.False(stopping.IsCompleted);
        await service.KillAsync();
        await stopping;
    }

    /// <summary>As much would count for the memory of the node's container, outside of its process.</summary>
    [Fact]
    public async Task The_kernel_keeps_little_for_one_who_reads_nothing()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await StoreAsync(nodes, visitor);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, nodes.Addresses[0].Port, Ct);
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET /api/v1/chat/events?after=0-0 HTTP/1.1\r\nHost: chat\r\nX-Chat-Session: {visitor.SessionToken}\r\n\r\n"), SocketFlags.None, Ct);

        // What it is given grows no more once the node waits for it.
        var (most, since) = (0, Stopwatch.GetTimestamp());
        await UntilAsync("it is given no more", () =>
        {
            var kept = AtServer(client)?.Unsent ?? 0;
            (most, since) = kept > most ? (kept, Stopwatch.GetTimestamp()) : (most, since);
            return most > 0 && Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(2);
        });

        Assert.InRange(most, 1, MostKept);
    }

    /// <summary>Says a little at a time until the kernel takes no more; two or three of them then stay with the node, and keep no write waiting.</summary>
    private static async Task FillAsync(ChatNodes nodes, ChatClient visitor, Socket client)
    {
        var store = nodes.ServicesOfSecond.GetRequiredService<MessageStore>();
        var token = SessionToken.Parse(visitor.SessionToken!)!;
        for (var (kept, unchanged) = (0, 0); unchanged < 3; unchanged = AtServer(client)!.Value.Unsent == kept ? unchanged + 1 : 0)
        {
            kept = AtServer(client)!.Value.Unsent;
            Assert.NotNull((await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, LongText[..1000], Ct)).Reply?.Message);
            for (var looks = 0; looks < 30 && AtServer(client)!.Value.Unsent == kept; looks++)
            {
                await Task.Delay(10, Ct);
            }
        }
    }

    /// <summary>
    /// The other end of this connection on loopback: whether it is open, and how many bytes it has not got rid of (proc_pid_net(5), tcp; 01 is
    /// ESTABLISHED). Null where it is gone.
    /// </summary>
    private static (bool IsOpen, int Unsent)? AtServer(Socket client)
    {
        var (from, to) = (Port(client.RemoteEndPoint!), Port(client.LocalEndPoint!));
        var fields = File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(fields => fields[1].EndsWith(from, StringComparison.Ordinal) && fields[2].EndsWith(to, StringComparison.Ordinal));
        return fields is null ? null : (fields[3] == "01", int.Parse(fields[4].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));

        static string Port(EndPoint end) => ":" + ((IPEndPoint)end).Port.ToString("X4", CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(string what, Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(EventStream.Patience);
        while (!isSo())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {EventStream.Patience}: {what}");
            await Task.Delay(20, Ct);
        }
    }

    /// <summary>Reads on; if the server has ended the stream meanwhile, comes again as EventSource does.</summary>
    private static async Task<IReadOnlyList<string>> ReadAllAsync(ChatNodes nodes, ChatClient visitor, EventStream stream)
    {
        var (numbers, last) = (new List<string>(), "0-0");
        while (numbers.Count < Messages)
        {
            try
            {
                var next = await stream.NextAsync();
                numbers.AddRange(next.Texts.Select(text => text.Split(' ')[0]));
                last = next.Id!;
            }
            catch (IOException)
            {
                stream = await EventStream.OpenAsync(nodes.Addresses[0], visitor, lastEventId: last);
            }
        }

        return numbers;
    }

    private static async Task<IReadOnlyList<string>> StoreAsync(ChatNodes nodes, ChatClient visitor)
    {
        var store = nodes.Services.GetRequiredService<MessageStore>();
        var token = SessionToken.Parse(visitor.SessionToken!)!;
        var numbers = Enumerable.Range(1000, Messages).Select(n => $"{n}").ToList();
        foreach (var number in numbers)
        {
            Assert.NotNull((await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, $"{number} {LongText}", Ct)).Reply?.Message);
        }

        return numbers;
    }

    /// <summary>Returns when the stream's node has asked for nothing for two seconds.</summary>
    private static async Task UntilQuietAsync(CountingPolls counts)
    {
        for (var before = -1; before != counts.Polls;)
        {
            before = counts.Polls;
            await Task.Delay(TimeSpan.FromSeconds(2), Ct);
        }
    }

    /// <summary>A gateway that counts the polls, and the entries that they bring.</summary>
    private sealed class CountingPolls(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        private int polls, fetched;

        public int Polls => Volatile.Read(ref polls);

        public int Fetched => Volatile.Read(ref fetched);

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, CountingPolls>();

        public override async Task<T> PipelineAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            var reply = await base.PipelineAsync(size, key, call, run, ct);
            if (reply is PollStore.Reading { Reply: { } poll })
            {
                Interlocked.Increment(ref polls);
                Interlocked.Add(ref fetched, poll.Messages.Count);
            }

            return reply;
        }
    }
}
