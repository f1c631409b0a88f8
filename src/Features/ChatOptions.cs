using System.Text.RegularExpressions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features;

/// <summary>How the chat behaves; section <c>Chat</c>.</summary>
public sealed partial class ChatOptions
{
    private const int MostReservedNames = 200;

    /// <summary>The queues; none configured means <c>support</c>. A call that names none waits in the first.</summary>
    public string[]? Departments { get; init; }

    /// <summary>How long (s) an operator that stops calling keeps its sessions.</summary>
    public int OperatorLeaseSeconds { get; init; } = 60;

    /// <summary>Who changes canned replies: <c>operators</c>, or only <c>supervisors</c>.</summary>
    public string CannedRepliesBy { get; init; } = "operators";

    /// <summary>What anonymous visitors may do unless a supervisor says otherwise: <c>open</c>, <c>limited</c> or <c>off</c>.</summary>
    public string Anonymous { get; init; } = "open";

    /// <summary>Names that no visitor may carry, nor any that looks like one; none configured means those of the product and its roles.</summary>
    public string[]? ReservedNames { get; init; }

    /// <summary>Whether no visitor may carry the name of an operator either.</summary>
    public bool ReserveOperatorNames { get; init; } = true;

    public ChatLimits Limits { get; init; } = new();

    public ChatMemory Memory { get; init; } = new();

    public ChatRetention Retention { get; init; } = new();

    /// <summary>The department a call goes to, or null for one that does not exist.</summary>
    public string? Department(string? asked) => asked is null ? Queues[0] : Queues.FirstOrDefault(d => d == asked);

    /// <summary>Every department, in the configured order.</summary>
    public IReadOnlyList<string> Queues => Departments is { Length: > 0 } ? Departments : ["support"];

    /// <summary>The names that are reserved, but for those of operators.</summary>
    public IReadOnlyList<string> Reserved => ReservedNames ??
    [
        "Intotes", "Support", "Helpdesk", "Service Desk", "Customer Service", "Customer Care", "Agent", "Operator", "Administrator", "Admin", "Moderator", "System",
        "Supervisor", "Staff", "Verified",
    ];

    /// <summary>The faults of the settings, each in a sentence that stands alone.</summary>
    private IEnumerable<string> Faults()
    {
        if (!Queues.All(d => DepartmentName().IsMatch(d)))
        {
            yield return "Chat__Departments must each be 1 to 32 of a-z, 0-9 and '-'.";
        }

        if (Queues.Distinct().Count() != Queues.Count)
        {
            yield return "Chat__Departments must not name a department twice.";
        }

        if (CannedRepliesBy is not ("operators" or "supervisors"))
        {
            yield return "Chat__CannedRepliesBy must be operators or supervisors.";
        }

        if (OperatorLeaseSeconds is < 5 or > 3600)
        {
            yield return "Chat__OperatorLeaseSeconds must be 5 to 3600.";
        }

        if (Reserved.Count > MostReservedNames || Reserved.Any(name => name.Length > PersonName.MostCharacters))
        {
            yield return $"Chat__ReservedNames must be at most {MostReservedNames}, of at most {PersonName.MostCharacters} characters each.";
        }

        if (Limits.EntriesPerSession is < 10 or > 1_000_000)
        {
            yield return "Chat__Limits__EntriesPerSession must be 10 to 1000000.";
        }

        if (Limits.BytesPerSession is not (0 or (>= 20_000 and <= 1_000_000_000)))
        {
            yield return "Chat__Limits__BytesPerSession must be 20000 to 1000000000, or 0 to switch it off.";
        }

        if (Anonymous is not ("open" or "limited" or "off"))
        {
            yield return "Chat__Anonymous must be open, limited or off.";
        }

        if (Memory is not { SessionsBelow: > 0 and <= 1, MessagesBelow: > 0 and <= 1, AnonymousShare: >= 0 and <= 1 } || Memory.MessagesBelow < Memory.SessionsBelow)
        {
            yield return "Chat__Memory__SessionsBelow and __MessagesBelow must be over 0 to 1, the first no larger than the second, and __AnonymousShare 0 to 1.";
        }

        if (new[] { Limits.MessagesPerMinute, Limits.PollsPerMinute }.Any(limit => limit is < 0 or > 100_000))
        {
            yield return "Chat__Limits__MessagesPerMinute and __PollsPerMinute must be 0 to 100000; 0 switches one off.";
        }

        if (Limits.WaitingCallsPerIp is < 0 or > 1000)
        {
            yield return "Chat__Limits__WaitingCallsPerIp must be 0 to 1000; 0 switches it off.";
        }

        if (Retention is not { EmptyHours: >= 0.01 and <= 8760, IdleHours: >= 0.01 and <= 8760, ClosedDays: >= 0.01 and <= 3650 })
        {
            yield return "Chat__Retention__EmptyHours and __IdleHours must be 0.01 to 8760, and __ClosedDays 0.01 to 3650.";
        }
    }

    public sealed class Rules : IValidateOptions<ChatOptions>
    {
        public ValidateOptionsResult Validate(string? name, ChatOptions options) =>
            options.Faults().ToList() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }

    [GeneratedRegex("^[a-z0-9-]{1,32}$")]
    private static partial Regex DepartmentName();
}

/// <summary>The limits of one caller.</summary>
public sealed class ChatLimits
{
    /// <summary>Messages and system entries that one session may hold.</summary>
    public int EntriesPerSession { get; init; } = 10_000;

    /// <summary>Bytes that the messages of one session may take in Redis, and its notes apart; 0 for any number.</summary>
    public int BytesPerSession { get; init; } = 4 * 1024 * 1024;

    /// <summary>Messages that one session takes from each side; 0 for any number.</summary>
    public int MessagesPerMinute { get; init; } = 60;

    /// <summary>Polls and other reads of one caller and, counted apart, its other calls; 0 for any number.</summary>
    public int PollsPerMinute { get; init; } = 120;

    /// <summary>Calls of anonymous visitors that may wait in one department's queue from one client address; 0 for any number.</summary>
    public int WaitingCallsPerIp { get; init; } = 10;
}

/// <summary>Up to which share of Redis's <c>maxmemory</c> anonymous visitors are served; without a <c>maxmemory</c> always.</summary>
public sealed class ChatMemory
{
    /// <summary>They may open sessions while less than this is used.</summary>
    public double SessionsBelow { get; init; } = 0.8;

    /// <summary>They may send messages while less than this is used.</summary>
    public double MessagesBelow { get; init; } = 0.9;

    /// <summary>All anonymous sessions together may take this; 0 for any.</summary>
    public double AnonymousShare { get; init; } = 0.5;
}

/// <summary>How long a session is kept after the last write to it.</summary>
public sealed class ChatRetention
{
    /// <summary>While nothing was ever said in it.</summary>
    public double EmptyHours { get; init; } = 1;

    /// <summary>While it is not closed.</summary>
    public double IdleHours { get; init; } = 24;

    /// <summary>Once it is closed.</summary>
    public double ClosedDays { get; init; } = 30;

    public long EmptySeconds => (long)(EmptyHours * 3600);

    public long IdleSeconds => (long)(IdleHours * 3600);

    public long ClosedSeconds => (long)(ClosedDays * 86400);
}
