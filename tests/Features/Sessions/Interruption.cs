using System.Diagnostics.Metrics;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>A gateway that does something else in between, once, before or after a script.</summary>
internal sealed class Interruption(RedisConnection connection, IOptions<RedisOptions> options, ILogger<RedisResilience> logger, IMeterFactory meters)
    : RedisGateway(connection, new RedisResilience(options, meters, logger, new FaultyGateway.PatientClock()), meters)
{
    private Plan? plan;

    public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, Interruption>();

    /// <summary>Does this at the n-th time that the script comes by.</summary>
    public void At(string script, Moment moment, int time, Func<Task> act) => plan = new Plan(script, moment, act) { Left = time };

    /// <summary>Whether it came to that.</summary>
    public bool HasHappened => plan is { Left: <= 0 };

    protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        await MeetAsync(script.Name, Moment.Before);
        var reply = await base.EvaluateAsync(redis, script, keys, arguments);
        await MeetAsync(script.Name, Moment.After);
        return reply;
    }

    private async Task MeetAsync(string script, Moment moment)
    {
        if (plan is { } due && due.Script == script && due.Moment == moment && Interlocked.Decrement(ref due.Left) == 0)
        {
            await due.Act();
        }
    }

    private sealed record Plan(string Script, Moment Moment, Func<Task> Act)
    {
        public int Left;
    }
}
