using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The waiting calls in the order of service: the oldest first, and after them those whose visitor has not been seen for 90 s.</summary>
public sealed class ListCalls(CallPages pages, Departments departments) : Endpoint<ListCalls.Request, ListCalls.Answer>
{
    private const int DefaultLimit = 100;

    public sealed class Request
    {
        /// <summary>Most calls in the answer, 1 to 500; 100 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }

        /// <summary>The cursor of the last answer: the calls after those.</summary>
        [QueryParam]
        public string? After { get; init; }
    }

    /// <param name="Position">Its place in the queue of its department; 1 is served next.</param>
    /// <param name="VisitorSeenAt">When its visitor was last there; a visitor that was not seen for 90 s is gone.</param>
    /// <param name="LastMessage">The last thing somebody wrote, its text cut at 200 characters.</param>
    public sealed record Call(
        int Position, string SessionId, Visitor Visitor, string? Reason, string Department, DateTimeOffset CalledAt, int WaitedSeconds, DateTimeOffset? VisitorSeenAt,
        Message? LastMessage);

    /// <param name="Total">All calls that wait.</param>
    /// <param name="Cursor">Send it as <c>after</c> for the calls after these; null where there is none.</param>
    /// <param name="HasMore">Whether there are further calls.</param>
    public sealed record Answer(IReadOnlyList<Call> Calls, int Total, string? Cursor, bool HasMore);

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Limit).InclusiveBetween(1, 500);
            RuleFor(r => r.After).Must(text => text is null || CallCursor.Parse(text) is not null)
                .WithMessage("Must be a cursor that this service gave.").WithErrorCode(Problem.InvalidCursor.Code);
        }
    }

    public override void Configure()
    {
        Get("calls");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.InvalidCursor));
    }

    public override async Task<Answer> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var page = await pages.ReadAsync(caller, departments.GrantedTo(caller), request.Limit ?? DefaultLimit, CallCursor.Parse(request.After), ct);
        return new Answer([.. page.Calls.Select(call => Of(call, page.TakenAt))], page.Total, page.Last?.ToString(), page.HasMore);
    }

    private static Call Of(ListedCall listed, DateTimeOffset now)
    {
        var (call, (session, lastMessage)) = listed;
        var calledAt = session.CalledAt ?? session.CreatedAt;
        return new Call(
            call.Place, session.Id, session.Visitor, session.Reason, call.Department, calledAt, Math.Max(0, (int)(now - calledAt).TotalSeconds), call.SeenAt, lastMessage);
    }
}
