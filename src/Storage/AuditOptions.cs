namespace Intotes.Chat.Storage;

/// <summary>How much of the audit stream is kept; section <c>Audit</c>.</summary>
public sealed class AuditOptions
{
    /// <summary>Days that an entry is kept.</summary>
    public int Days { get; init; } = 400;

    /// <summary>
    /// Entries of one day, of all nodes. Refused attempts are recorded up to a half of it, looks up to all of it, actions up to twice as many: what is
    /// easily repeated cannot crowd out what changes something.
    /// </summary>
    public int EntriesPerDay { get; init; } = 20_000;

    /// <summary>Most memory of the whole stream in Redis; beyond it the oldest entries are deleted before their age.</summary>
    public int MaxMegabytes { get; init; } = 256;

    /// <summary>Refused attempts of one caller that are recorded in a day.</summary>
    public const int RefusalsPerDay = 100;

    /// <summary>Bytes of an entry with its indexes, as measured.</summary>
    private const int EntryBytes = 350;

    /// <summary>Entries of all days.</summary>
    public long MostEntries => MaxMegabytes * 1024L * 1024 / EntryBytes;

    public bool IsValid => Days is >= 1 and <= 3650 && EntriesPerDay is >= 100 and <= 10_000_000;

    public bool IsSizeValid => MaxMegabytes is >= 1 and <= 1_000_000;

    /// <summary>How many entries a day may hold already, where another of this kind is to be added.</summary>
    public int MostBefore(AuditKind kind) => kind switch
    {
        AuditKind.Refused => EntriesPerDay / 2,
        AuditKind.Look => EntriesPerDay,
        _ => EntriesPerDay * 2,
    };

    /// <summary>
    /// How many entries of a day one operator may have, where another of this kind is to be added; 0 for any number, where something else bounds them. What
    /// decides about customers goes on beyond the share that looks and other actions have.
    /// </summary>
    public int ShareOfOperator(AuditKind kind) => kind switch
    {
        AuditKind.Refused => 0,
        AuditKind.Decision => EntriesPerDay / 2,
        _ => EntriesPerDay / 10,
    };
}

public enum AuditKind
{
    /// <summary>Somebody was refused.</summary>
    Refused,

    /// <summary>Somebody looked at something.</summary>
    Look,

    /// <summary>Somebody changed something.</summary>
    Action,

    /// <summary>Somebody changed how a customer is served: who serves it, whether it is blocked, whether its session is closed or kept.</summary>
    Decision,
}

public enum AuditOutcome
{
    /// <summary>It is recorded, or need not be: its caller has been refused often enough that day.</summary>
    Done,

    /// <summary>The day holds as many entries as it may.</summary>
    Full,

    /// <summary>The operator has had its share of the day.</summary>
    Share,
}
