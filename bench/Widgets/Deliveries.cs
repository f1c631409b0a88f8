using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Widgets;

/// <summary>What was sent and what arrived, by the number that each message carries in its text.</summary>
internal sealed class Deliveries
{
    private const string Mark = "\"text\":\"widgets-";

    private readonly ConcurrentDictionary<int, (long Start, int Widget)> sent = new();
    private readonly ConcurrentDictionary<int, int> received = new();
    private int astray;

    public Latencies Latencies { get; } = new();

    public static string Text(int number) => string.Create(CultureInfo.InvariantCulture, $"widgets-{number}.");

    public void Sent(int number, int widget, long start) => sent[number] = (start, widget);

    /// <summary>Finds the messages in an answer, or in a line of events.</summary>
    public void Received(int widget, string json)
    {
        var now = Stopwatch.GetTimestamp();
        for (var at = json.IndexOf(Mark, StringComparison.Ordinal); at >= 0; at = json.IndexOf(Mark, at, StringComparison.Ordinal))
        {
            at += Mark.Length;
            var number = int.Parse(json.AsSpan(at, json.IndexOf('.', at) - at), CultureInfo.InvariantCulture);
            if (!sent.TryGetValue(number, out var message) || message.Widget != widget)
            {
                Interlocked.Increment(ref astray);
            }
            else if (received.AddOrUpdate(number, 1, static (_, times) => times + 1) == 1)
            {
                Latencies.Add(Stopwatch.GetElapsedTime(message.Start, now));
            }
        }
    }

    public bool IsComplete => received.Count == sent.Count;

    public object Describe(int refused) => new
    {
        sent = sent.Count, refused, lost = sent.Keys.Count(number => !received.ContainsKey(number)) - refused, doubled = received.Values.Count(times => times > 1), astray,
        milliseconds = Latencies.Describe(),
    };
}
