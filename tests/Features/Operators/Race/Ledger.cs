namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>
/// Who has which session, as the operators themselves know it. They write down what they took after they took it, and that they may lose it
/// before they do anything by which they may: so whatever the ledger objects to is wrong, however the replies overtook each other.
/// </summary>
internal sealed class Ledger(int calls, int keepers)
{
    /// <summary>How many sessions an operator takes at once.</summary>
    public const int Capacity = 3;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Operator, bool MayLose)> held = [];
    private readonly Dictionary<string, int> claims = [];
    private readonly Dictionary<string, string> settled = [];
    private readonly Dictionary<string, string> kept = [];
    private readonly HashSet<string> hungUp = [];
    private readonly List<string> violations = [];
    private readonly HashSet<Step> struck = [];

    public IReadOnlyList<string> Violations => violations;

    /// <summary>Session to who has it to the end.</summary>
    public IReadOnlyDictionary<string, string> Kept => kept;

    /// <summary>Session to who closed it or has it to the end; the visitor is "".</summary>
    public IReadOnlyDictionary<string, string> Settled => settled;

    /// <summary>The steps at which operators died.</summary>
    public IReadOnlySet<Step> Struck => struck;

    public int Claims { get; private set; }

    public int Deaths { get; private set; }

    public int Zombies { get; private set; }

    public int LateWritesRefused { get; private set; }

    public int HungUpCount => hungUp.Count;

    /// <summary>Whether every call is closed or kept.</summary>
    public bool IsAllSettled => Locked(() => settled.Count == calls);

    public void Take(string session, string by) => Locked(() =>
    {
        if (held.TryGetValue(session, out var holder) && holder is { MayLose: false } && holder.Operator != by)
        {
            violations.Add($"{session} was given to {by} while {holder.Operator} had it");
        }

        held[session] = (by, false);
        claims[session] = claims.GetValueOrDefault(session) + 1;
        if (held.Count(h => h.Value == (by, false) && !hungUp.Contains(h.Key)) > Capacity)
        {
            violations.Add($"{by} has more than its capacity");
        }

        return ++Claims;
    });

    /// <summary>How often a session was taken.</summary>
    public int ClaimsOf(string session) => Locked(() => claims.GetValueOrDefault(session));

    public void MayLose(string session, string by) => Locked(() => held.TryGetValue(session, out var holder) && holder.Operator == by && held.Remove(session));

    public void MayLoseAll(string by) => Locked(() =>
    {
        foreach (var session in held.Where(h => h.Value.Operator == by).Select(h => h.Key).ToList())
        {
            held[session] = (by, true);
        }

        return true;
    });

    public void Settle(string session, string by) => Locked(() => settled.TryAdd(session, by));

    public bool IsSettled(string session) => Locked(() => settled.ContainsKey(session));

    /// <summary>Near the end some operators keep a session.</summary>
    public bool TryKeep(string session, string by) => Locked(() =>
        calls - settled.Count <= 3 * keepers && kept.Count < keepers && !kept.ContainsValue(by) && !hungUp.Contains(session)
        && settled.TryAdd(session, by) && kept.TryAdd(session, by));

    /// <summary>The visitor is about to close a session, whoever has it.</summary>
    public bool TryHangUp(string session) => Locked(() => !settled.ContainsKey(session) && hungUp.Add(session));

    public bool IsHungUp(string session) => Locked(() => hungUp.Contains(session));

    public void Died(Step step) => Locked(() => (Deaths++, struck.Add(step)));

    public void CameBackLate() => Locked(() => Zombies++);

    public void RefusedLateWrite() => Locked(() => LateWritesRefused++);

    public void Object(string violation) => Locked(() =>
    {
        violations.Add(violation);
        return true;
    });

    private T Locked<T>(Func<T> action)
    {
        lock (gate)
        {
            return action();
        }
    }
}
