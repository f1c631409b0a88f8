using System.Diagnostics;

namespace Widgets;

/// <summary>An open loop: things begin at their time, however long those before them take, and are measured from the time they were meant to begin.</summary>
internal static class Schedule
{
    /// <param name="rate">How many a second, evenly.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="act">Is told which it is and its intended start, a timestamp.</param>
    public static async Task RunAsync(double rate, double seconds, Func<int, long, Task> act)
    {
        var begin = Stopwatch.GetTimestamp();
        var count = (int)(rate * seconds);
        var all = new List<Task>(count);
        for (var i = 0; i < count;)
        {
            // Those that are due, then a rest: timers are no finer than a millisecond.
            for (var due = (int)(Stopwatch.GetElapsedTime(begin).TotalSeconds * rate) + 1; i < Math.Min(due, count); i++)
            {
                var (number, start) = (i, begin + (long)(i / rate * Stopwatch.Frequency));
                all.Add(Task.Run(() => act(number, start)));
            }

            await Task.Delay(1);
        }

        await Task.WhenAll(all);
    }
}
