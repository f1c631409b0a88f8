using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Sessions by their state: an operator's own, and those that wait; a supervisor's list covers all operators.</summary>
public sealed class ListSessions(RosterStore roster, QueueStore queue, SummaryStore summaries, IOptions<ChatOptions> options)
    : Endpoint<ListSessions.Request, ListSessions.Answer>
{
    private const int Most = 500;

    public enum State
    {
        Mine,
        Waiting,
        Active,
        Closed,
    }

    public sealed class Request
    {
        /// <summary>Which: the caller's active ones by default.</summary>
        [QueryParam]
        public State? State { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        // A number is bound too, whether it stands for a state or not.
        public Rules() => RuleFor(r => r.State).IsInEnum();
    }

    public sealed record Answer(IReadOnlyList<OperatorSession> Sessions);

    public override void Configure()
    {
        Get("sessions");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.InvalidRequest));
    }

    public override async Task<Answer> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var found = request.State switch
        {
            State.Waiting => await WaitingAsync(ct),
            State.Active => await OfAllAsync(caller, HeldByAsync, ct),
            State.Closed => await OfAllAsync(caller, ClosedByAsync, ct),
            _ => await HeldByAsync(caller.Id, ct),
        };
        return new Answer([.. found.Take(Most).Select(s => OperatorSession.Of(
            s.Session, s.LastMessage, s.Session.Status == SessionStatus.Active && s.Session.OperatorId == caller.Id ? options.Value.OperatorLeaseSeconds : null))]);
    }

    private async Task<IReadOnlyList<SessionSummary>> HeldByAsync(string operatorId, CancellationToken ct) =>
        await summaries.OfHolderAsync(operatorId, await roster.HeldByAsync(operatorId, ct), ct);

    private async Task<IReadOnlyList<SessionSummary>> ClosedByAsync(string operatorId, CancellationToken ct) =>
        await summaries.FindAllAsync(await roster.EndedOfAsync(operatorId, Most, ct), ct);

    private async Task<IReadOnlyList<SessionSummary>> WaitingAsync(CancellationToken ct)
    {
        var heads = await Task.WhenAll(options.Value.Queues.Select(department => queue.HeadAsync(department, Most, ct)));
        var found = await summaries.FindAllAsync(heads.SelectMany(ids => ids), ct);
        return [.. found.Where(s => s.Session.Status == SessionStatus.Waiting).OrderBy(s => s.Session.CalledAt)];
    }

    private async Task<IReadOnlyList<SessionSummary>> OfAllAsync(
        Caller.Operator caller, Func<string, CancellationToken, Task<IReadOnlyList<SessionSummary>>> sessionsOf, CancellationToken ct)
    {
        var operators = caller.IsSupervisor ? (await roster.ReadAsync(ct)).Select(o => o.OperatorId) : [caller.Id];
        var found = await Task.WhenAll(operators.Select(id => sessionsOf(id, ct)));
        return [.. found.SelectMany(s => s).OrderByDescending(s => s.Session.ClosedAt ?? s.Session.CalledAt)];
    }
}
