using System.Collections.Concurrent;
using System.Globalization;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// The size of all anonymous sessions in Redis. A session's scripts say how much it took, and until which hour, before and now; this node adds the differences up,
/// and <see cref="AnonymousWatch"/> hands them over every few seconds. What ends is counted off by its hour. So an answer waits for none of it.
/// </summary>
public sealed class AnonymousBytes(RedisMemory memory, IOptions<ChatOptions> options)
{
    /// <summary>Share of the whole from which no more sessions are made, so that those that are there can go on for a while.</summary>
    public const double SessionsBelow = 0.9;

    /// <summary>Change by the hour in which it ends, of which the longest retention has a few hundred.</summary>
    private readonly ConcurrentDictionary<long, long> changes = new();

    private long total;

    /// <summary>The most that all may take; 0 for any number.</summary>
    public long Most => (long)(memory.MaximumBytes * options.Value.Memory.AnonymousShare);

    /// <summary>The share of that in use; 0 where they may take any number.</summary>
    public double Share => Most is > 0 and var most ? (double)Total / most : 0;

    /// <summary>Their size when it was read last, over all nodes.</summary>
    public long Total
    {
        get => Volatile.Read(ref total);
        set => Volatile.Write(ref total, value);
    }

    /// <summary>Notes what a script says: "bytes hour bytes hour", before and now; empty where nothing changed.</summary>
    public void Note(string? weighed)
    {
        if (Most == 0 || string.IsNullOrEmpty(weighed))
        {
            return;
        }

        var numbers = Array.ConvertAll(weighed.Split(' '), text => long.Parse(text, CultureInfo.InvariantCulture));
        Add(numbers[1], -numbers[0]);
        Add(numbers[3], numbers[2]);
    }

    /// <summary>Takes the changes that were noted since the last time.</summary>
    public IReadOnlyDictionary<long, long> Take()
    {
        Dictionary<long, long> taken = [];
        foreach (var hour in changes.Keys)
        {
            if (changes.TryRemove(hour, out var change) && change != 0)
            {
                taken[hour] = change;
            }
        }

        return taken;
    }

    private void Add(long hour, long change)
    {
        if (change != 0)
        {
            changes.AddOrUpdate(hour, change, (_, before) => before + change);
        }
    }
}
