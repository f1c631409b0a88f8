using System.Diagnostics.Metrics;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A client that opens a stream and does not read it.</summary>
public sealed class SlowReaderTests
{
    private const int Messages = 1000;

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
        var store = nodes.ServicesOfSecond.GetRequiredService<MessageStore>();
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

        public override async Task<T> PipelineAsync<T, TCall>(int size, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            var reply = await base.PipelineAsync(size, call, run, ct);
            if (reply is PollStore.Reading { Reply: { } poll })
            {
                Interlocked.Increment(ref polls);
                Interlocked.Add(ref fetched, poll.Messages.Count);
            }

            return reply;
        }
    }
}
