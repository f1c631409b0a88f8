using Intotes.Chat.Tests.Features.Operators.Race;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

public sealed class QueueRaceTests
{
    [Fact]
    public async Task No_call_is_lost_or_given_twice_while_operators_die_between_any_two_steps_and_come_back_late()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");

        Console.WriteLine(await new QueueRace(calls: 2000, seats: 48).RunAsync(redis.Configuration));
    }
}
