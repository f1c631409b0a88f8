using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Creates or gets the caller's active session. An anonymous session sent together with a bearer token is taken over by the account.</summary>
/// <response code="200">The session that was there.</response>
/// <response code="201">A new session.</response>
public sealed class OpenSession(SessionOpener opener, CallPlaces places, ReservedNames reserved, IOptions<ChatOptions> options)
    : Endpoint<OpenSession.Request, Results<Created<SessionView>, Ok<SessionView>, Problem>>
{
    /// <summary>The visitor's details in its own words; operators see them as unverified.</summary>
    public sealed class Request
    {
        public string? Name { get; init; }

        public string? Email { get; init; }

        /// <summary>A language tag (BCP 47), such as <c>de-AT</c>.</summary>
        public string? Locale { get; init; }

        /// <summary>The page on which the chat was opened.</summary>
        public string? PageUrl { get; init; }

        public string? Department { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Name).IsLine(100);
            RuleFor(r => r.Email).IsLine(254).EmailAddress();
            RuleFor(r => r.Locale).IsLine(35);
            RuleFor(r => r.PageUrl).IsLine(2000);
            RuleFor(r => r.Department).IsDepartment(Resolve<IOptions<ChatOptions>>().Value);
        }
    }

    public override void Configure()
    {
        Post("chat/session");
        AllowAnonymous();
        Description(d => d.AcceptsJson<Request>(isOptional: true).Refuses(Problem.Blocked, Problem.SignInRequired).SetsSessionCookie());
    }

    public override async Task<Results<Created<SessionView>, Ok<SessionView>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (User.Caller() is Caller.Operator)
        {
            return Problem.Forbidden;
        }

        var account = User.Caller() as Caller.Account;
        var name = PersonName.Clean(account is null ? request.Name : account.Name);
        if (await reserved.CoverAsync(name, ct))
        {
            if (account is null)
            {
                return Problem.NameReserved;
            }

            // A customer cannot choose another name here: it goes without one, and operators know it by its id.
            account = account with { Name = name = null };
        }

        var details = new VisitorDetails(name, request.Email, request.Locale, request.PageUrl, request.Department);
        var sent = SessionTokenAuthentication.SentToken(HttpContext.Request) is { } text ? SessionToken.Parse(text) : null;
        var (opened, refusal) = account is not null
            // Runs to completion even if the client disconnects.
            ? await opener.ForAccountAsync(account, sent, details, CancellationToken.None)
            : await opener.ForVisitorAsync(sent, details, HttpContext.Connection.RemoteIpAddress, ct);
        if (opened is null)
        {
            return refusal!;
        }

        if (opened.Token is { } token)
        {
            SessionCookie.Write(HttpContext, token.Reveal(), TimeSpan.FromSeconds(options.Value.Retention.ClosedSeconds));
        }
        else if (sent is not null)
        {
            SessionCookie.Clear(HttpContext);
        }

        var session = opened.Session;
        var queue = await places.OfAsync(session.Id, session.Status, session.Department, session.CalledAt, ct);
        var view = SessionView.Of(session, queue, opened.Token?.Reveal());
        return opened.IsNew ? TypedResults.Created((string?)null, view) : TypedResults.Ok(view);
    }
}
