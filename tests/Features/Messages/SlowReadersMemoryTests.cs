using System.Globalization;
using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>
/// What ended a node once: a conversation of 500 messages as long as they may be, read by 80 clients that take hardly anything of it. The service is a
/// process of its own, which ends where its heap would have to be larger than a sixth of what they asked for, and counts no client, so that all of them
/// read. How much one reader has is for <see cref="HistoryWriterTests"/>: the process also holds what was not collected yet.
/// </summary>
[Trait("time", "long")]
public sealed class SlowReadersMemoryTests
{
    private const int Messages = 500, Readers = 80, HeapBytes = 96 * 1024 * 1024, MostGrownBytes = 64 * 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("chat/history")]
    [InlineData("chat/history?limit=500")]
    [InlineData("chat/history?event=false")]
    [InlineData("chat/session/transcript")]
    [InlineData("chat/poll?after=0-0&limit=500")]
    [InlineData("chat/events?after=0-0")]
    public async Task Eighty_slow_readers_neither_end_a_node_nor_keep_a_customer_from_it(string path)
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        var (visitor, customer) = (await MessageSteps.VisitorAsync(nodes), await MessageSteps.VisitorAsync(nodes));
        await StoreAsync(nodes, visitor);
        await using var service = await ServiceProcess.StartAsync(redis.Configuration, new()
        {
            ["Chat__Limits__ReadersPerClient"] = "0", ["Chat__Limits__ReadersAtOnce"] = "0", ["Chat__Limits__ReadMegabytesPerMinute"] = "0",
            ["DOTNET_GCHeapHardLimit"] = HeapBytes.ToString("x", CultureInfo.InvariantCulture),
        });
        using var http = new HttpClient { BaseAddress = new Uri(service.Address, "/api/v1/"), DefaultRequestHeaders = { { "X-Chat-Session", customer.SessionToken } } };
        await ServedAsync(http);
        using (var one = await SlowReader.OpenAsync(service.Address, path, visitor.SessionToken, bytesAtOnce: 4096))
        {
            await ServedAsync(http); // all code has run once
        }

        var before = service.Usage.Memory;
        var readers = new List<SlowReader>();
        try
        {
            for (var n = 0; n < Readers; n++)
            {
                readers.Add(await SlowReader.OpenAsync(service.Address, path, visitor.SessionToken, bytesAtOnce: 4096));
                Assert.Contains(" 200 ", readers[^1].Head, StringComparison.Ordinal);
            }

            await ServedAsync(http);
            Assert.InRange(service.Usage.Memory - before, long.MinValue, MostGrownBytes);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    [Fact]
    public async Task A_reader_below_a_useful_rate_is_cut_off()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await StoreAsync(nodes, visitor);
        // 2 KB a second, at which this conversation would take more than an hour.
        using var reader = await SlowReader.OpenAsync(nodes.Addresses[0], "chat/history", visitor.SessionToken, bytesAtOnce: 400);

        await reader.Ended.WaitAsync(TimeSpan.FromMinutes(2), Ct);
    }

    private static async Task ServedAsync(HttpClient http)
    {
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/history"])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Ct);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    private static async Task StoreAsync(ChatNodes nodes, ChatClient visitor)
    {
        var (store, token) = (nodes.Services.GetRequiredService<MessageStore>(), SessionToken.Parse(visitor.SessionToken!)!);
        var text = string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars));
        for (var n = 0; n < Messages; n++)
        {
            Assert.NotNull((await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, text, Ct)).Reply?.Message);
        }
    }
}
