using System.Net;

namespace Intotes.Chat.Tests.Features.Operators.Model;

/// <summary>A conversation as it should be.</summary>
public sealed class ModelSession(string id)
{
    public string Id => id;

    public string Status { get; set; } = "open";

    public int Department { get; set; }

    /// <summary>As the service said it; comparing the texts compares the times.</summary>
    public string? CalledAt { get; set; }

    /// <summary>Who has it; once it is closed, who had it.</summary>
    public int? Operator { get; set; }

    /// <summary>Who gave it away last. What it did then may be repeated.</summary>
    public int? Previous { get; set; }

    /// <summary>How: by a release or a transfer, which may be repeated; null when it was gone.</summary>
    public string? LeftBy { get; set; }

    /// <summary>What people wrote, and the events.</summary>
    public List<string> Entries { get; } = [];

    public bool IsWith(int @operator) => Status == "active" && Operator == @operator;
}

public sealed class ModelOperator
{
    /// <summary>It called, and did not vanish since.</summary>
    public bool IsThere { get; set; }

    public bool IsAway { get; set; }

    public int Capacity { get; set; } = 5;

    public string[] Departments { get; set; } = [];

    public bool Serves(int department) => Departments.Length == 0 || Departments.Contains(DeskStep.DepartmentNames[department]);
}

/// <summary>The answer that should come.</summary>
/// <param name="Code">Of a problem.</param>
/// <param name="Session">Which the answer describes.</param>
public readonly record struct Expected(HttpStatusCode Status, string? Code = null, ModelSession? Session = null)
{
    public static readonly Expected SessionNotFound = new(HttpStatusCode.NotFound, "session_not_found");
    public static readonly Expected SessionClosed = new(HttpStatusCode.Conflict, "session_closed");
    public static readonly Expected AtCapacity = new(HttpStatusCode.Conflict, "at_capacity");
    public static readonly Expected AlreadyClaimed = new(HttpStatusCode.Conflict, "already_claimed");
    public static readonly Expected Unavailable = new(HttpStatusCode.Conflict, "operator_unavailable");
    public static readonly Expected NotAssigned = new(HttpStatusCode.Forbidden, "not_assigned");
    public static readonly Expected NoContent = new(HttpStatusCode.NoContent);

    public static Expected Ok(ModelSession session) => new(HttpStatusCode.OK, null, session);

    public static Expected Created(ModelSession? session = null) => new(HttpStatusCode.Created, null, session);
}
