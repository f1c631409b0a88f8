using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators.Day;

/// <summary>
/// A gateway under which Redis sees the test's time: each script runs with a <c>redis</c> of its own, whose TIME is the one sent along. Lifetimes of
/// keys and ids of stream entries stay Redis's own.
/// </summary>
internal sealed class FakeTimeGateway(RedisConnection connection, IOptions<RedisOptions> options, ILogger<RedisResilience> logger, IMeterFactory meters, FakeTimeProvider time)
    : RedisGateway(connection, new RedisResilience(options, meters, logger, TimeProvider.System), meters)
{
    private const string Prelude = """
        local microseconds = table.remove(ARGV)
        local real = redis
        local redis = setmetatable({
          call = function(command, ...)
            if command == 'TIME' then
              return { string.sub(microseconds, 1, -7), string.sub(microseconds, -6) }
            end
            return real.call(command, ...)
          end,
        }, { __index = real })


        """;

    private readonly ConcurrentDictionary<string, string> texts = new();

    /// <summary>Puts it into a node, whose timers stand still: the test says when a queue is looked at.</summary>
    public static Action<IServiceCollection> Register(FakeTimeProvider time) => services =>
    {
        TimeProvider still = new FakeTimeProvider();
        services.AddSingleton<RedisGateway>(provider => ActivatorUtilities.CreateInstance<FakeTimeGateway>(provider, time));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LeaseSweeper>(provider, still));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<QueueViews>(provider, still));
    };

    protected override Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        var microseconds = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return redis.ScriptEvaluateAsync(
            texts.GetOrAdd(script.Name, static (_, script) => Prelude + script.Text, script), keys, [.. arguments, microseconds.ToString(CultureInfo.InvariantCulture)]);
    }
}
