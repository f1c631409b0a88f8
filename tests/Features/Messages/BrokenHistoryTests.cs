using System.Diagnostics.Metrics;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A history whose second stretch Redis refuses.</summary>
public sealed class BrokenHistoryTests(ChatNodes nodes)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_half_of_a_history_passes_for_the_whole_nor_is_another_answer_put_behind_it(bool atOnce)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await nodes.StoreAsync(visitor, 501);
        using var logs = new LogWatch();
        await using var node = ChatNode.Start(nodes.Redis.Configuration, logs, change: FailingReads.Register);
        using var client = new HttpClient { BaseAddress = node.Address, DefaultRequestHeaders = { { "X-Chat-Session", visitor.SessionToken } } };
        ((FailingReads)node.Services.GetRequiredService<RedisGateway>()).FailAfterOne(atOnce);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(
            new Uri("/api/v1/chat/history", UriKind.Relative), TestContext.Current.CancellationToken));

        // That the answer had begun, and that it was broken off.
        Assert.All(logs.Unexpected, line => Assert.True(
            line.Contains("has already started", StringComparison.Ordinal) || line.Contains(nameof(StorageUnavailableException), StringComparison.Ordinal), line));
    }

    /// <summary>Fails as an open circuit does, or later, as a server that does not answer.</summary>
    private sealed class FailingReads(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        private int left = int.MaxValue;
        private bool isAtOnce;

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, FailingReads>();

        public void FailAfterOne(bool atOnce) => (isAtOnce, left) = (atOnce, 1);

        public override async Task<T> PipelineAsync<T, TCall>(int size, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            if (Interlocked.Decrement(ref left) >= 0)
            {
                return await base.PipelineAsync(size, call, run, ct);
            }

            await (isAtOnce ? Task.CompletedTask : Task.Delay(20, ct));
            throw new StorageUnavailableException(new TimeoutException());
        }
    }
}
