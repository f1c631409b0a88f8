using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>Empties a Redis of a test's own.</summary>
public static class Emptying
{
    private const string Script =
        """
        local mark = redis.call('GET', KEYS[1])
        redis.call('FLUSHDB')
        if mark then
            redis.call('SET', KEYS[1], mark)
        end
        """;

    /// <summary>Forgets everything but the mark of the data set, so that the nodes do not report that Redis lost its data.</summary>
    public static Task EmptyAsync(this IDatabase redis) => redis.ScriptEvaluateAsync(Script, [Keys.Mark(0)]);
}
