using System.Net;
using System.Runtime.CompilerServices;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>The notification hub of two nodes, at work for those who wait.</summary>
[Collection(nameof(Alone))]
public sealed class SignalsTests(PatientNodes own) : IClassFixture<PatientNodes>
{
    private const int Waiting = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private ChatNodes Nodes => own.Nodes;

    /// <summary>Channels that a node listens to as long as it runs: that of the orders about anonymous visitors.</summary>
    private const int Always = 1;

    private Signals First => Nodes.Services.GetRequiredService<Signals>();

    private Signals Second => Nodes.ServicesOfSecond.GetRequiredService<Signals>();

    [Fact]
    public async Task A_thousand_that_wait_for_one_session_take_one_subscription_a_node_and_all_get_the_message()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var streams = await FewAtOnceAsync(2 * OpenStreams.Most, n => OpenAsync(Nodes.Addresses[n % 2], visitor));
        var polls = Enumerable.Range(0, Waiting - (2 * OpenStreams.Most)).Select(n => visitor.SendToAsync(Nodes.Addresses[n % 2], HttpMethod.Get, "chat/poll?after=0-0&wait=25")).ToList();
        await UntilAsync("both nodes listen", async () => await ListenersAsync(visitor) == 2);
        Assert.Equal((Always + 1, Always + 1), (First.Count, Second.Count));

        var id = (string)(await visitor.SayAsync("To all of you")).Expect(HttpStatusCode.Created)["id"]!;

        foreach (var stream in streams)
        {
            var told = await stream.NextAsync();
            Assert.Equal((id, "To all of you"), (told.Id, Assert.Single(told.Texts)));
            stream.Dispose();
        }

        Assert.All(await Task.WhenAll(polls), poll => Assert.Equal([id], poll.Ids()));
        await UntilNobodyListensAsync();
    }

    [Fact]
    public async Task Of_a_thousand_clients_that_are_gone_nothing_is_left()
    {
        var streams = await FewAtOnceAsync(Waiting, async n => await OpenAsync(Nodes.Addresses[n % 2], await MessageSteps.VisitorAsync(Nodes)));
        await UntilAsync("each has a subscription", async () => First.Count + Second.Count == Waiting + (2 * Always) && (await ChannelsAsync()).Length == Waiting);

        streams.ForEach(stream => stream.Dispose());

        await UntilNobodyListensAsync();
    }

    [Fact]
    public async Task A_listener_that_has_left_is_not_kept()
    {
        var channel = Keys.Announcements(SessionToken.NewSessionId());
        var others = await ListenAsync(First, channel);
        var left = await ListenAndLeaveAsync(First, channel);

        await UntilAsync("it is collected", () =>
        {
            GC.Collect();
            return Task.FromResult(!left.TryGetTarget(out _));
        });
        Assert.Equal(Always + 1, First.Count);
        others.Dispose();
        await UntilNobodyListensAsync();
    }

    [Fact]
    public async Task A_waiter_that_joins_as_the_last_one_leaves_hears_what_is_announced()
    {
        var channel = Keys.Announcements(SessionToken.NewSessionId());
        // Two, so that often one of them is the last.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 5000; round++)
            {
                using var listener = await ListenAsync(First, channel);
                await Second.AnnounceAsync(channel, Ct);
                Assert.True(await listener.WaitAsync(TimeSpan.FromSeconds(10)), $"Round {round}: nobody said that something was announced.");
            }
        })));

        await UntilNobodyListensAsync();
    }

    [Fact]
    public async Task Nobody_waits_for_the_end_of_a_subscription()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), PatientNodes.Settings); // what it logs here is expected
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        var (signals, channel) = (node.Services.GetRequiredService<Signals>(), Keys.Announcements(SessionToken.NewSessionId()));
        var listener = await ListenAsync(signals, channel);
        await UntilAsync("it is subscribed", async () => (long)(await admin.GetDatabase().ExecuteAsync("PUBSUB", "SHARDNUMSUB", channel))[1] == 1);
        await redis.PauseAsync();

        listener.Dispose();

        // The server stands still, so it has not ended.
        Assert.Equal(Always + 1, signals.Count);
        await redis.ResumeAsync();
        await UntilAsync("it has ended", () => Task.FromResult(signals.Count == Always));
    }

    [Fact]
    public async Task A_stop_ends_the_waits_of_those_too_who_listen_to_nothing()
    {
        await using var node = ChatNode.Start(Nodes.Redis.Configuration, new LogWatch(), PatientNodes.Settings);
        var signals = node.Services.GetRequiredService<Signals>();
        using var deaf = await signals.ListenAsync([], TimeSpan.FromMinutes(10), TimeProvider.System, Ct);
        using var hearing = await ListenAsync(signals, Keys.Announcements(SessionToken.NewSessionId()));
        var waits = new[] { deaf.WaitAsync(TimeSpan.FromMinutes(10)).AsTask(), hearing.WaitAsync(TimeSpan.FromMinutes(10)).AsTask() };

        node.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await Task.WhenAll(waits).WaitAsync(Patience, Ct);
        Assert.True(deaf.IsOver && hearing.IsOver);
    }

    [Fact]
    public async Task A_message_that_nobody_announced_is_told_by_a_poll_at_the_end_of_its_wait()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var poll = visitor.PollAsync("?after=0-0&wait=3");
        await UntilAsync("it waits", async () => await ListenersAsync(visitor) == 1);

        await Nodes.Redis.Database.StreamAddAsync(
            Keys.OfSession(SessionOf(visitor))[1], [new NameValueEntry("from", "visitor"), new NameValueEntry("name", ""), new NameValueEntry("text", "Unheard")]);

        Assert.Equal(["Unheard"], (await poll).Texts());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference<Listener>> ListenAndLeaveAsync(Signals signals, string channel)
    {
        var listener = await ListenAsync(signals, channel);
        await signals.AnnounceAsync(channel, Ct);
        Assert.True(await listener.WaitAsync(Patience));
        listener.Dispose();
        return new WeakReference<Listener>(listener);
    }

    private static Task<Listener> ListenAsync(Signals signals, string channel) => signals.ListenAsync([channel], TimeSpan.FromMinutes(10), TimeProvider.System, Ct);

    private static string SessionOf(ChatClient visitor) => SessionToken.Parse(visitor.SessionToken!)!.SessionId;

    /// <summary>A stream that has told its first event, and so waits for the next.</summary>
    private static async Task<EventStream> OpenAsync(Uri node, ChatClient visitor)
    {
        var stream = await EventStream.OpenAsync(node, visitor);
        await stream.NextAsync();
        return stream;
    }

    private static async Task<List<T>> FewAtOnceAsync<T>(int count, Func<int, Task<T>> make)
    {
        var made = new List<T>();
        foreach (var some in Enumerable.Range(0, count).Chunk(20))
        {
            made.AddRange(await Task.WhenAll(some.Select(make)));
        }

        return made;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }

    private async Task<long> ListenersAsync(ChatClient visitor) =>
        (long)(await Nodes.Redis.Database.ExecuteAsync("PUBSUB", "SHARDNUMSUB", Keys.Announcements(SessionOf(visitor))))[1];

    private async Task<string[]> ChannelsAsync() =>
        [.. ((string[])(await Nodes.Redis.Database.ExecuteAsync("PUBSUB", "SHARDCHANNELS"))!).Where(channel => channel != Keys.AnonymousOrders)];

    private Task UntilNobodyListensAsync() => UntilAsync(
        "nobody listens any more", async () => First.Count == Always && Second.Count == Always && (await ChannelsAsync()).Length == 0);
}

/// <summary>Two nodes over a Redis of their own, with so much patience that a busy machine is not taken for a Redis that is away.</summary>
public sealed class PatientNodes : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    public static Dictionary<string, string> Settings => new() { ["Redis:AttemptMilliseconds"] = "5000", ["Redis:TotalMilliseconds"] = "10000" };

    public ChatNodes Nodes => nodes!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, settings: Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }
}
