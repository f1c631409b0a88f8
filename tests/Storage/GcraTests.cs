using CsCheck;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>The script that counts, as Redis runs it, under arrivals of every kind. Time is the test's.</summary>
public sealed class GcraTests(ChatNodes nodes)
{
    private const long Minute = 60_000_000, Start = 1_795_355_178_458_012;

    /// <summary>Runs take_permit.lua once for each time (µs) after the first argument, which is the limit, and replies with all its replies.</summary>
    private static readonly string Run =
        $$"""
        local microseconds
        local real = redis
        local redis = {
          call = function(command, ...)
            if command == 'TIME' then
              return { string.sub(microseconds, 1, -7), string.sub(microseconds, -6) }
            end
            return real.call(command, ...)
          end,
        }
        local function take()
          {{Scripts.take_permit.Text}}
        end
        local replies = {}
        for arrival = 2, #ARGV do
          microseconds = ARGV[arrival]
          replies[arrival - 1] = take()
        end
        real.call('UNLINK', KEYS[1])
        return replies
        """;

    private static readonly Gen<int> Limit = Gen.Frequency((1, Gen.Int[1, 10]), (1, Gen.Int[1, 200]), (1, Gen.Int[1, 100_000]));

    /// <summary>Gaps between arrivals in thousandths of the interval that the limit makes: together, too fast, at the pace, about it, and after a pause.</summary>
    private static readonly Gen<long> Gap = Gen.Frequency(
        (4, Gen.Const(0L)), (3, Gen.Long[0, 1000]), (3, Gen.Const(1000L)), (2, Gen.Long[990, 1010]), (2, Gen.Long[1000, 5000]), (1, Gen.Long[5_000, 2_000_000]));

    [Fact]
    public Task It_permits_and_refuses_as_a_bucket_that_fills_evenly() =>
        Gen.Select(Limit, Gap.Array[1, 300]).SampleAsync(
            async (limit, gaps) =>
            {
                var arrivals = Arrivals(Interval(limit), gaps);
                Assert.Equal(Bucket(limit, arrivals), await TakeAsync(limit, arrivals));
            },
            iter: 300, threads: 1);

    [Fact]
    public Task In_any_window_it_permits_no_more_than_the_limit_and_what_comes_evenly_in_that_time() =>
        Gen.Select(Limit, Gap.Array[1, 300]).SampleAsync(
            async (limit, gaps) =>
            {
                var arrivals = Arrivals(Interval(limit), gaps);
                var replies = await TakeAsync(limit, arrivals);
                var permitted = arrivals.Where((_, i) => replies[i] == 0).ToList();
                for (var last = 0; last < permitted.Count; last++)
                {
                    for (var first = 0; first <= last; first++)
                    {
                        var most = limit + ((permitted[last] - permitted[first]) / Interval(limit));
                        Assert.True(last - first + 1 <= most, $"{last - first + 1} of {limit} a minute in {permitted[last] - permitted[first]} µs.");
                    }
                }
            },
            iter: 200, threads: 1);

    [Fact]
    public Task A_client_that_keeps_the_pace_is_never_refused_and_one_that_waited_as_told_is_permitted() =>
        Gen.Select(Limit, Gen.Long[0, 2000].Array[1, 200], Gap.Array[0, 100]).SampleAsync(
            async (limit, late, before) =>
            {
                var pace = Interval(limit);
                var times = late.Select(more => pace + Math.Max(0, pace * (more - 1000) / 1000)).ToList(); // half of them at the very microsecond
                var arrivals = times.Select((_, i) => Start + times.Take(i).Sum()).ToList();
                Assert.All(await TakeAsync(limit, arrivals), reply => Assert.Equal(0, reply));

                // After whatever came before: refused until the time it was told, and not longer.
                var crowd = Arrivals(Interval(limit), before);
                var end = crowd.Count > 0 ? crowd[^1] : Start;
                var wait = (await TakeAsync(limit, [.. crowd, .. Enumerable.Repeat(end, Math.Min(limit, 2000) + 1)]))[^1];
                var replies = await TakeAsync(limit, [.. crowd, .. Enumerable.Repeat(end, Math.Min(limit, 2000) + 1), end + (Math.Max(0, wait - 2) * 1000), end + (wait * 1000)]);
                Assert.Equal(0, replies[^1]);
                Assert.True(wait <= 2 || replies[^2] > 0, $"{wait} ms were too long to wait.");
            },
            iter: 150, threads: 1);

    /// <summary>Whole microseconds: what a limit is for that does not divide a minute.</summary>
    private static long Interval(int limit) => (Minute + limit - 1) / limit;

    private static List<long> Arrivals(long interval, long[] gaps)
    {
        var arrivals = new List<long>();
        var now = Start;
        foreach (var gap in gaps)
        {
            now += interval * gap / 1000;
            arrivals.Add(now);
        }

        return arrivals;
    }

    /// <summary>The model: a bucket of as many intervals as the limit, which fills with time; each permit takes one. Replies as the script does.</summary>
    private static List<long> Bucket(int limit, List<long> arrivals)
    {
        var (interval, full) = (Interval(limit), Interval(limit) * limit);
        var (level, then, replies) = (full, Start, new List<long>());
        foreach (var now in arrivals)
        {
            level = Math.Min(full, level + now - then);
            then = now;
            if (level >= interval)
            {
                level -= interval;
                replies.Add(0);
            }
            else
            {
                replies.Add((interval - level + 999) / 1000);
            }
        }

        return replies;
    }

    private async Task<List<long>> TakeAsync(int limit, List<long> arrivals)
    {
        RedisValue[] arguments = [limit, .. arrivals.Select(time => (RedisValue)time)];
        var replies = await nodes.Redis.Database.ScriptEvaluateAsync(Run, [$"chat:gcra:{Guid.NewGuid():N}"], arguments);
        return [.. ((RedisResult[])replies!).Select(reply => (long)reply)];
    }
}
