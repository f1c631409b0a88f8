using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Tells operators on which page the visitor is now. It never opens a session.</summary>
public sealed class SetPage(SessionGate gate, SessionStore sessions, ClientLimits limits, AnonymousPolicy anonymous) : Endpoint<SetPage.Request, Results<NoContent, Problem>>
{
    public sealed class Request
    {
        /// <summary>At most 2,000 characters.</summary>
        public string? PageUrl { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.PageUrl).NotEmpty().IsLine(2000);
    }

    public override void Configure()
    {
        Post("chat/session/page");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.InvalidSessionToken, Problem.SessionNotFound, Problem.SessionClosed));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var client = ClientName.Of(HttpContext);
        if (limits.TakeBytes(client, 0) is { } wait)
        {
            return Problem.RateLimited.After(wait);
        }

        if (User.Caller() is { } caller && anonymous.RefusesMessage(caller))
        {
            return Problem.StorageShort;
        }

        var (reply, refusal) = await gate.EnterAsync(
            User.Caller(), null, Allowance.Actions, access => sessions.SetPageAsync(access, request.PageUrl!, ct), ct);
        limits.AddBytes(client, reply?.Grown ?? 0);
        return reply switch
        {
            null => refusal!,
            { IsClosed: true } => Problem.SessionClosed,
            _ => TypedResults.NoContent(),
        };
    }
}
