using System.Diagnostics.Metrics;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A client that asks for a large conversation and goes away.</summary>
public sealed class AbandonedReadTests(ChatNodes nodes)
{
    private const int Messages = 500, ReadsOfAll = Messages / 16, ReadsThatHappen = 5;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("chat/history")]
    [InlineData("chat/history?limit=500")]
    [InlineData("chat/history?limit=500&event=false")]
    [InlineData("chat/session/transcript")]
    public async Task Nothing_more_is_read_for_one_who_has_gone(string path)
    {
        await using var node = ChatNode.Start(nodes.Redis.Configuration, new LogWatch(), change: SteppedReads.Register);
        var reads = (SteppedReads)node.Services.GetRequiredService<RedisGateway>();
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var (store, token) = (nodes.Services.GetRequiredService<MessageStore>(), SessionToken.Parse(visitor.SessionToken!)!);
        for (var n = 0; n < Messages; n++)
        {
            await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars)), Ct);
        }

        using var client = new HttpClient { BaseAddress = new Uri(node.Address, "/api/v1/"), DefaultRequestHeaders = { { "X-Chat-Session", visitor.SessionToken } } };
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var asking = client.GetByteArrayAsync(new Uri(path, UriKind.Relative), gone.Token);
        for (var n = 0; n < ReadsThatHappen; n++)
        {
            await reads.LetOneAsync();
        }

        await reads.AskedAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await reads.AbortedAsync();
        Assert.InRange(reads.Begun, ReadsThatHappen, ReadsThatHappen + 1);
        Assert.True(reads.Begun < ReadsOfAll / 2);
    }

    /// <summary>A gateway whose bulk reads happen one by one, as a test lets them.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Semaphores whose wait handle is never asked for hold nothing to dispose.")]
    private sealed class SteppedReads(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        private readonly SemaphoreSlim asked = new(0), permitted = new(0), happened = new(0);
        private readonly TaskCompletionSource aborted = new();
        private int begun;

        public int Begun => Volatile.Read(ref begun);

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, SteppedReads>();

        /// <summary>Returns once one more read has happened.</summary>
        public async Task LetOneAsync()
        {
            await AskedAsync();
            permitted.Release();
            await happened.WaitAsync(Ct);
        }

        /// <summary>Returns once the next read waits to be permitted: what was read before it is written.</summary>
        public Task AskedAsync() => asked.WaitAsync(Ct);

        /// <summary>Returns once the read that was not permitted has been given up.</summary>
        public Task AbortedAsync() => aborted.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        public override async Task<T> BulkAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            Interlocked.Increment(ref begun);
            asked.Release();
            try
            {
                await permitted.WaitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                aborted.TrySetResult();
                throw;
            }

            var reply = await base.BulkAsync(size, key, call, run, ct);
            happened.Release();
            return reply;
        }
    }
}
