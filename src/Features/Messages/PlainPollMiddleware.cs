using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// A short cut for nearly all requests: polls that say nothing but who asks, and a cursor, and do not wait. They are answered before what tells other requests
/// apart has to look at them, which costs more than the answer. Whatever is not as plain, or is refused, goes the way of all, to
/// <see cref="PollMessages"/>; both give the same answers.
/// </summary>
public sealed class PlainPollMiddleware(
    RequestDelegate next,
    PollStore polls,
    PollAnswers answers,
    AccountStore accounts,
    KnownBearers bearers,
    ChatMetrics metrics,
    IOptions<ChatOptions> options,
    IOptions<JsonOptions> json)
{
    /// <summary>Messages that are written as a whole; more go out as the client takes them.</summary>
    private const int Small = 8;

    private const string Path = "/api/v1/chat/poll", Query = "?after=";

    private readonly string allowance = options.Value.Limits.Of(Allowance.Polls);

    public Task InvokeAsync(HttpContext http) =>
        After(http.Request) is { } after && AccessOf(http.Request) is var (access, caller)
            ? AnswerAsync(http, access with { Allowance = allowance }, caller, after)
            : next(http);

    private async Task AnswerAsync(HttpContext http, SessionAccess access, Caller caller, string after)
    {
        var entered = await polls.PollAsync(access, caller, after, PollMessages.DefaultLimit, http.RequestAborted);
        if (entered.Reply is not { } reply)
        {
            await next(http);
            return;
        }

        metrics.Polled(reply.Messages.Count > 0 ? "news" : "nothing");
        var answer = await answers.OfAsync(reply, waited: false, http.RequestAborted);
        if (reply.Messages.Count > Small)
        {
            await TypedResults.Ok(answer).ExecuteAsync(http);
            return;
        }

        JsonBody.Write(http.Response, answer, json.Value.SerializerOptions);
    }

    private static string? After(HttpRequest request) =>
        request.QueryString.Value is { } query && query.StartsWith(Query, StringComparison.Ordinal) && HttpMethods.IsGet(request.Method) && request.Path == Path
        && query[Query.Length..] is var after && Cursor.IsCursor(after) ? after : null;

    /// <summary>An account whose token was checked before and whose session this node remembers, or else an anonymous visitor.</summary>
    private (SessionAccess, Caller)? AccessOf(HttpRequest request) =>
        request.Headers.Authorization.Count > 0
            ? bearers.Find(request)?.Caller() is Caller.Account account && accounts.Remembered(account.UserId) is { } session
                ? (SessionAccess.OfAccount(session, account.UserId, confirmed: false), account)
                : null
            : SessionTokenAuthentication.SentToken(request) is { } sent && SessionToken.Parse(sent) is { } token
                ? (SessionAccess.ByToken(token), new Caller.Visitor(token))
                : null;
}
