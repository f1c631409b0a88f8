using FastEndpoints;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session with its conversation, for the operator that has or had it; while it waits for any; for a supervisor always.</summary>
public sealed class GetSession(
    SessionReader reader, SummaryStore summaries, HistoryReader history, NoteStore notes, CustomerReader customers, AccountStore accounts,
    ReadLimits limits, AuditLog audit, IOptions<ChatOptions> options)
    : EndpointWithoutRequest<Results<Ok<GetSession.Answer>, Problem>>
{
    /// <summary>Longer conversations are paged by <c>GET /chat/history</c>.</summary>
    private const int MostMessages = 500;

    private const int MostEarlier = 20;

    /// <summary>The conversation is not kept waiting for the platform.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <param name="Messages">The newest 500, or fewer where their texts take more than 256 KB; oldest first.</param>
    /// <param name="HasMore">Whether there are older messages.</param>
    /// <param name="Notes">The newest 500 notes and audit entries, or fewer where they take more than 256 KB; oldest first. The visitor sees none of them.</param>
    /// <param name="Customer">From the platform, if it answers within a second; null for anonymous visitors. Looking is recorded.</param>
    /// <param name="EarlierSessions">Of the same account, newest first; of the departments that the caller's token grants.</param>
    public sealed record Answer(OperatorSession Session, IReadOnlyList<Message> Messages, bool HasMore, IReadOnlyList<Note> Notes, Customer? Customer,
        IReadOnlyList<OperatorSession> EarlierSessions);

    public override void Configure()
    {
        Get("sessions/{sessionId}");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.SessionNotFound, Problem.Busy));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(CancellationToken ct)
    {
        var caller = User.Operator();
        if (await reader.FindAsync(Route<string>("sessionId")!, caller, ct) is not { } summary)
        {
            return Problem.SessionNotFound;
        }

        var (place, busy) = await limits.EnterAsync(HttpContext);
        if (place is null)
        {
            return busy!;
        }

        var session = summary.Session;
        audit.Look(User, "session_read", session.Id, session.Visitor.UserId);
        var entered = await history.ReadNewestAsync(SessionAccess.OfSupervisor(session.Id), caller, MostMessages, place, ct);
        if (entered.Reply is not { } conversation)
        {
            return Problem.SessionNotFound;
        }

        var customer = customers.ReadAsync(session, caller, Patience, ct);
        int? lease = session.Status == SessionStatus.Active && session.OperatorId == caller.Id ? options.Value.OperatorLeaseSeconds : null;
        return TypedResults.Ok(new Answer(
            OperatorSession.Of(session, summary.LastMessage, lease), conversation.TakeFirst(), conversation.HasMore, await notes.ReadAsync(session.Id, ct), await customer,
            await EarlierAsync(session.Visitor.UserId, caller, ct)));
    }

    private async Task<IReadOnlyList<OperatorSession>> EarlierAsync(string? userId, Caller.Operator caller, CancellationToken ct)
    {
        if (userId is null)
        {
            return [];
        }

        var found = await summaries.FindAllAsync(await accounts.EarlierAsync(userId, MostEarlier, ct), ct);
        return [.. found.Where(s => s.Session.Visitor.UserId == userId && (s.Session.OperatorId == caller.Id || caller.MayServe(s.Session.Department))).Select(s => OperatorSession.Of(s.Session, s.LastMessage, null))];
    }
}
