using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A conversation that goes away, or whose Redis does, after its first stretch was read.</summary>
public sealed class BrokenHistoryTests(ChatNodes nodes)
{
    private const string History = "chat/history", Transcript = "chat/session/transcript";

    public enum Trouble
    {
        /// <summary>As an open circuit fails.</summary>
        AtOnce,

        /// <summary>As a server that does not answer.</summary>
        Later,

        Erased,

        /// <summary>Erased where the session was still there as it was looked for.</summary>
        JustErased,
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, Trouble> Breaks =>
    [
        .. from version in (string[])["1.0", "1.1"]
           from path in (string[])[History, Transcript]
           from trouble in Enum.GetValues<Trouble>()
           select (version, path, trouble),
    ];

    /// <summary>In HTTP/1.0 the end of an answer is the end of its connection.</summary>
    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task No_half_of_a_conversation_passes_for_the_whole_nor_is_another_answer_put_behind_it(string version, string path, Trouble trouble)
    {
        using var logs = new LogWatch();
        await using var node = ChatNode.Start(nodes.Redis.Configuration, logs, change: BrokenReads.Register);
        using var client = await ClientAsync(node, 501, trouble);

        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path)
            {
                Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var answer = await client.SendAsync(request, Ct);
        });

        Assert.Empty(logs.Unexpected);
    }

    [Theory]
    [InlineData("?before=9999999999999-0", Trouble.Later, 503)]
    [InlineData("?before=9999999999999-0", Trouble.Erased, 401)]
    [InlineData("?before=9999999999999-0", Trouble.JustErased, 401)]
    [InlineData("?limit=500&event=false", Trouble.Later, 503)]
    [InlineData("?limit=500&event=false", Trouble.Erased, 401)]
    [InlineData("?limit=500&event=false", Trouble.JustErased, 401)]
    public async Task Where_nothing_was_written_yet_the_answer_is_a_problem(string query, Trouble trouble, int status)
    {
        using var logs = new LogWatch();
        await using var node = ChatNode.Start(nodes.Redis.Configuration, logs, change: BrokenReads.Register);
        using var client = await ClientAsync(node, 500, trouble);

        using var answer = await client.GetAsync(new Uri(History + query, UriKind.Relative), Ct);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Empty(logs.Unexpected);
    }

    /// <summary>Of a visitor with so many messages, or one entry less and that it has called.</summary>
    private async Task<HttpClient> ClientAsync(ChatNode node, int messages, Trouble trouble)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        await nodes.StoreAsync(visitor, messages - 1);
        ((BrokenReads)node.Services.GetRequiredService<RedisGateway>()).BreakAfterOne(() => HappenAsync(trouble, visitor));
        return new HttpClient { BaseAddress = new Uri(node.Address, "/api/v1/"), DefaultRequestHeaders = { { "X-Chat-Session", visitor.SessionToken } } };
    }

    private async Task HappenAsync(Trouble trouble, ChatClient visitor)
    {
        switch (trouble)
        {
            case Trouble.AtOnce:
                throw new StorageUnavailableException(new TimeoutException());
            case Trouble.Later:
                await Task.Delay(20, Ct);
                throw new StorageUnavailableException(new TimeoutException());
            case Trouble.Erased:
                (await visitor.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);
                break;
            default:
                Assert.True(await nodes.Redis.Database.KeyDeleteAsync(Keys.Messages(visitor.SessionToken![..22])));
                break;
        }
    }

    /// <summary>A gateway that lets something happen before the second read.</summary>
    private sealed class BrokenReads(RedisConnection connection, RedisResilience resilience, IMeterFactory meters)
        : RedisGateway(connection, resilience, meters)
    {
        private int left = int.MaxValue;
        private Func<Task> happen = () => Task.CompletedTask;

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, BrokenReads>();

        public void BreakAfterOne(Func<Task> trouble) => (happen, left) = (trouble, 1);

        public override async Task<T> BulkAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            if (Interlocked.Decrement(ref left) < 0)
            {
                await happen();
            }

            return await base.BulkAsync(size, key, call, run, ct);
        }
    }
}
