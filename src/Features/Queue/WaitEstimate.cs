namespace Intotes.Chat.Features.Queue;

/// <summary>
/// How long a department's callers wait. Once all places of its operators are taken, one becomes free every (mean duration of a session) / (places of the
/// operators online). The n-th caller needs n of them; a caller that finds a free place needs none.
/// </summary>
/// <param name="IsServed">Whether any operator of the department is online.</param>
/// <param name="Free">Places that are free now.</param>
/// <param name="SecondsPerPlace">Null while too little was observed, or nobody is online.</param>
public sealed record WaitEstimate(bool IsServed, int Free, double? SecondsPerPlace)
{
    /// <summary>Fewer sessions than this say nothing.</summary>
    private const int FewestSamples = 5;

    /// <summary>Sessions that say how long one takes.</summary>
    public const int SamplesUsed = 50;

    public static readonly WaitEstimate Unknown = new(false, 0, null);

    public static WaitEstimate From(string department, IReadOnlyList<RosterEntry> roster, IReadOnlyList<Sample> busy)
    {
        var serving = roster.Where(o => o.IsOnline && o.Serves(department)).ToList();
        var places = serving.Sum(o => o.Capacity);
        var free = serving.Sum(o => Math.Max(0, o.Capacity - o.Held));
        return places == 0 || busy.Count < FewestSamples
            ? new WaitEstimate(serving.Count > 0, free, null)
            : new WaitEstimate(true, free, busy.Average(s => s.Value) / places);
    }

    /// <summary>Seconds until the session at this place is served; null when that cannot be known.</summary>
    public int? SecondsTo(int position) =>
        SecondsPerPlace is { } seconds ? (int)Math.Round(Math.Max(0, position - Free) * seconds) : null;
}
