namespace Intotes.Chat.Tests.Features.Operators.Model;

/// <summary>
/// The desk as the contract describes it, in plain lists. Ids and times are learnt from the service's answers; everything else is decided here.
/// </summary>
public sealed class DeskModel
{
    /// <summary>The current session of each visitor.</summary>
    public ModelSession?[] Visitors { get; } = new ModelSession?[DeskStep.VisitorCount];

    public ModelOperator[] Operators { get; } = [.. Enumerable.Range(0, DeskStep.OperatorCount).Select(_ => new ModelOperator())];

    /// <summary>The waiting visitors of each department, the next to be served first.</summary>
    public List<ModelSession>[] Queues { get; } = [.. DeskStep.DepartmentNames.Select(_ => new List<ModelSession>())];

    public IEnumerable<ModelSession> HeldBy(int @operator) => Visitors.OfType<ModelSession>().Where(s => s.IsWith(@operator));

    public Expected Open(int visitor, Func<string> id)
    {
        if (Visitors[visitor] is { Status: not "closed" } session)
        {
            return Expected.Ok(session);
        }

        return Expected.Created(Visitors[visitor] = new ModelSession(id()));
    }

    public Expected Say(int visitor, string text)
    {
        switch (Visitors[visitor])
        {
            case null: return Expected.SessionNotFound;
            case { Status: "closed" }: return Expected.SessionClosed;
            case { } session:
                session.Entries.Add($"visitor: {text}");
                return Expected.Created();
        }
    }

    public Expected Call(int visitor, int department, Func<string> calledAt)
    {
        switch (Visitors[visitor])
        {
            case null: return Expected.SessionNotFound;
            case { Status: "closed" }: return Expected.SessionClosed;
            case { Status: "open" } session:
                session.CalledAt = calledAt();
                session.Department = department;
                session.Entries.Add("operator_called");
                Queue(session);
                return Expected.Ok(session);
            case { } session: return Expected.Ok(session);
        }
    }

    public Expected Close(int visitor)
    {
        if (Visitors[visitor] is not { } session)
        {
            return Expected.SessionNotFound;
        }

        End(session);
        return Expected.Ok(session);
    }

    public void Presence(DeskStep step)
    {
        var @operator = Seen(step.Operator);
        @operator.IsAway = step.Status == 0 ? @operator.IsAway : step.Status == 1;
        @operator.Capacity = step.Capacity == 0 ? @operator.Capacity : step.Capacity;
        @operator.Departments = step.Departments == 0 ? @operator.Departments : DeskStep.Choices[step.Departments - 1];
    }

    public Expected Claim(int @operator)
    {
        var claimer = Seen(@operator);
        if (HeldBy(@operator).Count() >= claimer.Capacity)
        {
            return Expected.AtCapacity;
        }

        var next = Queues.Where((queue, department) => queue.Count > 0 && claimer.Serves(department)).Select(queue => queue[0])
            .MinBy(session => session.CalledAt, StringComparer.Ordinal);
        return next is null ? Expected.NoContent : Give(next, @operator);
    }

    public Expected Claim(int @operator, int visitor)
    {
        var claimer = Seen(@operator);
        return Visitors[visitor] switch
        {
            null or { Status: "open" } => Expected.SessionNotFound,
            { Status: "closed" } => Expected.SessionClosed,
            { Status: "active" } held => held.Operator == @operator ? Expected.Ok(held) : Expected.AlreadyClaimed,
            { } waiting => HeldBy(@operator).Count() >= claimer.Capacity ? Expected.AtCapacity : Give(waiting, @operator),
        };
    }

    public Expected Answer(int @operator, int visitor, string text)
    {
        Seen(@operator);
        if (Visitors[visitor] is not { Operator: { } holder } session || holder != @operator)
        {
            return Expected.NotAssigned;
        }

        if (session.Status == "closed")
        {
            return Expected.SessionClosed;
        }

        session.Entries.Add($"operator: {text}");
        return Expected.Created();
    }

    public Expected Release(int @operator, int visitor)
    {
        Seen(@operator);
        switch (Visitors[visitor])
        {
            case { } session when session.IsWith(@operator):
                Return(session, "operator_left");
                session.LeftBy = "release";
                return Expected.Ok(session);
            case { Status: "waiting", LeftBy: "release" } session when session.Previous == @operator: return Expected.Ok(session);
            default: return Expected.NotAssigned;
        }
    }

    /// <param name="operator">From whom.</param>
    /// <param name="visitor">Whose session.</param>
    /// <param name="other">To whom; null for one that never was.</param>
    public Expected TransferToOperator(int @operator, int visitor, int? other)
    {
        Seen(@operator);
        var session = Visitors[visitor];
        if (other == @operator)
        {
            return Expected.Unavailable;
        }

        if (session is null || (session.Operator != @operator && (other is null || session.Operator != other)))
        {
            return Expected.NotAssigned;
        }

        if (other is not { } to)
        {
            return Expected.Unavailable;
        }

        var hasItAlready = session.IsWith(to);
        var isAvailable = Operators[to] is { IsThere: true, IsAway: false } && HeldBy(to).Count() < Operators[to].Capacity;
        if (!hasItAlready && !isAvailable)
        {
            return Expected.Unavailable;
        }

        if (session?.IsWith(@operator) == true)
        {
            (session.Previous, session.LeftBy) = (@operator, "transfer");
            session.Operator = to;
            session.Entries.Add("transferred");
            return Expected.Ok(session);
        }

        // What was done may be repeated, even if the other has closed the session since.
        return session?.Operator == to && session.Previous == @operator && session.LeftBy == "transfer" ? Expected.Ok(session) : Expected.NotAssigned;
    }

    public Expected TransferToDepartment(int @operator, int visitor, int department)
    {
        Seen(@operator);
        switch (Visitors[visitor])
        {
            case { } session when session.IsWith(@operator):
                session.Department = department;
                Return(session, "transferred");
                session.LeftBy = "transfer";
                return Expected.Ok(session);
            case { Status: "waiting", LeftBy: "transfer" } session when session.Previous == @operator && session.Department == department: return Expected.Ok(session);
            default: return Expected.NotAssigned;
        }
    }

    public Expected CloseHeld(int @operator, int visitor)
    {
        Seen(@operator);
        if (Visitors[visitor] is not { Operator: { } holder } session || holder != @operator)
        {
            return Expected.NotAssigned;
        }

        End(session);
        return Expected.Ok(session);
    }

    /// <summary>An operator stopped calling, and its lease ran out.</summary>
    public void Vanish(int @operator)
    {
        Operators[@operator].IsThere = false;
        foreach (var session in HeldBy(@operator).ToList())
        {
            Return(session, "operator_left");
        }
    }

    public ModelOperator Seen(int @operator)
    {
        Operators[@operator].IsThere = true;
        return Operators[@operator];
    }

    private Expected Give(ModelSession session, int @operator)
    {
        Queues[session.Department].Remove(session);
        session.Status = "active";
        (session.Operator, session.Previous) = (@operator, null);
        session.Entries.Add("operator_joined");
        return Expected.Ok(session);
    }

    private void Return(ModelSession session, string what)
    {
        (session.Previous, session.LeftBy) = (session.Operator, null);
        session.Operator = null;
        session.Entries.Add(what);
        Queue(session);
    }

    /// <summary>Behind all that were first called before it, or at the same time.</summary>
    private void Queue(ModelSession session)
    {
        session.Status = "waiting";
        var queue = Queues[session.Department];
        queue.Insert(queue.Count(other => StringComparer.Ordinal.Compare(other.CalledAt, session.CalledAt) <= 0), session);
    }

    private void End(ModelSession session)
    {
        if (session.Status != "closed")
        {
            Queues[session.Department].Remove(session);
            session.Status = "closed";
            session.Entries.Add("closed");
        }
    }
}
