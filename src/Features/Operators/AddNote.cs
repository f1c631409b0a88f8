using FastEndpoints;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>Adds an internal note to a session that the operator may read; the visitor never sees it.</summary>
public sealed class AddNote(SessionReader reader, NoteStore notes, AuditLog audit) : Endpoint<AddNote.Request, Results<Created<Note>, Problem>>
{
    public sealed class Request
    {
        public string? Text { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Text).IsMessageText();
    }

    public override void Configure()
    {
        Post("sessions/{sessionId}/notes");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.SessionNotFound, Problem.SessionFull));
    }

    public override async Task<Results<Created<Note>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var sessionId = Route<string>("sessionId")!;
        if (await reader.FindAsync(sessionId, caller, ct) is not { } summary)
        {
            return Problem.SessionNotFound;
        }

        var (status, note) = await notes.AddAsync(sessionId, "note", caller, MessageText.Clean(request.Text!), null, ct);
        if (status == AddNoteStatus.Added)
        {
            await audit.RecordAsync(User, "noted", sessionId, summary.Session.Visitor.UserId);
        }

        return status switch
        {
            AddNoteStatus.Added => TypedResults.Created((string?)null, note),
            AddNoteStatus.Full => Problem.SessionFull,
            _ => Problem.SessionNotFound,
        };
    }
}
