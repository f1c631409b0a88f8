using System.Diagnostics.Metrics;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>
/// A gateway under which each flow meets its <see cref="Fate"/> before and after every script, and which has Redis itself log in what order
/// calls are lent: the replies reach the clients in another one.
/// </summary>
internal sealed class FaultyGateway(RedisConnection connection, IOptions<RedisOptions> options, ILogger<RedisResilience> logger, IMeterFactory meters)
    : RedisGateway(connection, new RedisResilience(options, meters, logger, new PatientClock()), meters)
{
    private static readonly string LoggedClaim = $$"""
        local function claim()
        {{Scripts.claim_call.Text}}
        end
        local reply = claim()
        if reply[1] == 'claimed' then
          redis.call('RPUSH', KEYS[1] .. ':lends', reply[2] .. ' ' .. (ARGV[3] == '' and 'next' or 'wanted'))
        end
        return reply
        """;

    /// <summary>Puts it into a node, with so much patience that a stalled flow is not mistaken for a stalled Redis.</summary>
    public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, FaultyGateway>();

    /// <summary>The log of a department's lendings, oldest first: "session next" or "session wanted".</summary>
    public static RedisKey LendsOf(string department) => Keys.OfQueue(department)[0].Append(":lends");

    /// <summary>A plain command is a step too, under its own name.</summary>
    public override async Task<T> CallAsync<T>(string operation, RedisKey key, Func<IDatabase, RedisKey, Task<T>> command, CancellationToken ct)
    {
        if (Fate.Current is { } before)
        {
            await before.MeetAsync(operation, Moment.Before, null);
        }

        var reply = await base.CallAsync(operation, key, command, ct);
        if (Fate.Current is { } after)
        {
            await after.MeetAsync(operation, Moment.After, null);
        }

        return reply;
    }

    protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        if (Fate.Current is { } before)
        {
            await before.MeetAsync(script.Name, Moment.Before, SessionOf(script, keys, arguments));
        }

        var reply = script.Name == "claim_call"
            ? await redis.ScriptEvaluateAsync(LoggedClaim, keys, arguments)
            : await base.EvaluateAsync(redis, script, keys, arguments);
        if (Fate.Current is { } after && IsMet(script, reply))
        {
            await after.MeetAsync(script.Name, Moment.After, script.Name == "claim_call" ? (string?)reply[1] : SessionOf(script, keys, arguments));
        }

        return reply;
    }

    /// <summary>A claim that got nothing, and an assignment that came too late, are no steps towards a session.</summary>
    private static bool IsMet(Script script, RedisResult reply) => script.Name switch
    {
        "claim_call" => new ScriptReply(reply).Status == "claimed",
        "assign_session" => new ScriptReply(reply).Status == "assigned",
        _ => true,
    };

    private static string? SessionOf(Script script, RedisKey[] keys, RedisValue[] arguments) => script.Name switch
    {
        "hold_session" => arguments[1],
        _ when keys[0].ToString().StartsWith("chat:{s:", StringComparison.Ordinal) => keys[0].ToString()["chat:{s:".Length..^1],
        _ => null,
    };

    /// <summary>Lets the pipeline's timeouts take a thousand times as long, but not the pauses between its attempts.</summary>
    internal sealed class PatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Stretch(dueTime), Stretch(period));

        private static TimeSpan Stretch(TimeSpan span) => span > TimeSpan.FromMilliseconds(400) ? span * 1000 : span;
    }
}
