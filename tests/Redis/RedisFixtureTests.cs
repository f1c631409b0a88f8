using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

public sealed class RedisFixtureTests(ChatNodes nodes)
{
    [Fact]
    public async Task Answers_and_runs_a_script_that_takes_the_time_and_appends_to_a_stream()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(nodes.Redis.Configuration);
        var database = connection.GetDatabase();
        var key = $"test:{Guid.NewGuid():N}";

        Assert.True(await database.PingAsync() > TimeSpan.Zero);
        var entry = await database.ScriptEvaluateAsync(
            """
            local now = redis.call('TIME')
            redis.call('XADD', KEYS[1], '*', 'seconds', now[1])
            redis.call('PEXPIRE', KEYS[1], 60000)
            return now[1]
            """,
            [key]);

        var stored = Assert.Single(await database.StreamRangeAsync(key));
        Assert.Equal((string?)entry, stored["seconds"]);
    }

    [Fact]
    public async Task A_process_that_is_killed_starts_again_with_what_it_acknowledged()
    {
        await using var server = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using (var before = await ConnectionMultiplexer.ConnectAsync(server.Configuration))
        {
            await before.GetDatabase().StringSetAsync("kept", "yes");
            await server.KillAsync();
        }

        await server.StartAgainAsync();

        await using var after = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        Assert.Equal("yes", await after.GetDatabase().StringGetAsync("kept"));
    }

    [Fact]
    public async Task A_paused_process_answers_only_once_it_is_resumed()
    {
        await using var server = await RedisServerProcess.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},asyncTimeout=10000");

        await server.PauseAsync();
        var answer = connection.GetDatabase().PingAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));

        await server.ResumeAsync();
        await answer;
    }
}
