using System.Security.Claims;
using System.Text.Json;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Answers the polls that widgets send, long polls and event streams included, before authentication, binding and validation. Those cost more than the
/// answer, and hold more memory while a client waits. Any other poll, and any refusal, falls through to <see cref="PollMessages"/> or
/// <see cref="GetEvents"/>. Both ways give the same answers.
/// </summary>
public sealed class PlainPollMiddleware(
    RequestDelegate next,
    PollStore polls,
    MessagePoller poller,
    MessageFollower follower,
    PollAnswers answers,
    ReadLimits limits,
    AccountStore accounts,
    KnownBearers bearers,
    ChatMetrics metrics,
    IHostApplicationLifetime life,
    IOptions<ChatOptions> options,
    IOptions<JsonOptions> json,
    TimeProvider time)
{
    /// <summary>That a poll by this right was refused here, so that Redis need not be asked the same again.</summary>
    private sealed record Refused(SessionAccess Access, Admission<PollReply> Admission);

    private static readonly ClaimsPrincipal Nobody = new();

    private readonly string allowance = options.Value.Limits.Of(Allowance.Polls);
    private readonly JsonSerializerOptions json = json.Value.SerializerOptions;
    private readonly CancellationToken stopping = life.ApplicationStopping;

    /// <summary>The refusal of the same poll here, where that is why the request falls through to the normal endpoint.</summary>
    public static Admission<PollReply>? RefusalOf(HttpContext http, SessionAccess access) =>
        http.Features.Get<Refused>() is { } refused && refused.Access == access ? refused.Admission : default(Admission<PollReply>?);

    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (!HttpMethods.IsGet(request.Method)
            || PlainPoll.Of(request.Path.Value, request.QueryString.Value, request.Headers["Last-Event-ID"]) is not { } poll
            || WhoAsks(request) is not var (access, caller, user))
        {
            return next(http);
        }

        access = access with { Allowance = allowance };
        return poll.IsStream ? StreamAsync(http, access, caller, poll.After, GetEvents.Lifetime(poll.Wait, user, time)) : AnswerAsync(http, access, caller, poll);
    }

    private async Task AnswerAsync(HttpContext http, SessionAccess access, Caller caller, PlainPoll poll)
    {
        var ct = http.RequestAborted;
        // Without debts and without news the client's name is not needed.
        var most = limits.IsAnybodyInDebt ? limits.Most(ClientOf(http, caller), PollMessages.DefaultLimit) : PollMessages.DefaultLimit;
        var entered = await (poll.Wait is { } wait
            ? poller.PollAsync(access, caller, poll.After, most, TimeSpan.FromSeconds(wait), poll.Shown, ct)
            : polls.PollAsync(access, caller, poll.After, most, ct));
        entered = entered.Reply is { Messages.Count: > 0 } ? limits.Count(ClientOf(http, caller), entered) : entered;
        if (entered.Reply is not { } reply)
        {
            http.Features.Set(new Refused(access, entered));
            await next(http);
            return;
        }

        metrics.Polled(reply.Messages.Count > 0 ? "news" : "nothing");
        var answer = await answers.OfAsync(reply, waited: poll.Wait is not null && !stopping.IsCancellationRequested, ct);
        JsonBody.Write(http.Response, answer, json);
    }

    private async Task StreamAsync(HttpContext http, SessionAccess access, Caller caller, string after, TimeSpan lifetime)
    {
        var client = ClientOf(http, caller);
        if (await BeginAsync(http, access, caller, client, after) is not { } told)
        {
            await next(http);
            return;
        }

        if (http.Response.StatusCode == StatusCodes.Status204NoContent)
        {
            return;
        }

        var more = follower.FollowAsync(access with { Allowance = "" }, caller, client, told, lifetime, http.Abort, http.RequestAborted);
        await EventsResult.GoOnAsync(http, more, json, stopping);
    }

    /// <summary>The first reply without its messages; null where it was refused.</summary>
    private async Task<PollAnswer?> BeginAsync(HttpContext http, SessionAccess access, Caller caller, string client, string after)
    {
        var entered = limits.Count(client, await polls.PollAsync(access, caller, after, limits.Most(client, MessageFollower.MostAtOnce), http.RequestAborted));
        if (entered.Reply is not { } first)
        {
            http.Features.Set(new Refused(access, entered));
            return null;
        }

        metrics.Polled(first.Messages.Count > 0 ? "news" : "nothing");
        var told = await answers.OfAsync(first, waited: true, http.RequestAborted);
        if (GetEvents.IsOver(first))
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return told;
        }

        await EventsResult.BeginAsync(http, told, json, stopping);
        return told with { Messages = [] };
    }

    private static string ClientOf(HttpContext http, Caller caller) => ReadLimits.ClientOf(http, (caller as Caller.Account)?.UserId);

    /// <summary>An account whose token was checked before and whose session this node remembers, or else an anonymous visitor.</summary>
    private (SessionAccess Access, Caller Caller, ClaimsPrincipal User)? WhoAsks(HttpRequest request)
    {
        if (request.Headers.Authorization.Count > 0)
        {
            return bearers.Find(request) is { } user && user.Caller() is Caller.Account account && accounts.Remembered(account.UserId) is { } session
                ? (SessionAccess.OfAccount(session, account.UserId, confirmed: false), account, user)
                : null;
        }

        return SessionTokenAuthentication.SentToken(request) is { } sent && SessionToken.Parse(sent) is { } token
            ? (SessionAccess.ByToken(token), new Caller.Visitor(token), Nobody)
            : null;
    }
}
