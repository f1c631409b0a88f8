using System.Diagnostics;
using System.Globalization;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Every error that a caller may meet, as problem+json (RFC 9457). <paramref name="Code"/> is the stable machine word of the contract;
/// the title is for people and never says more than the caller may know. An endpoint returns it as its result.
/// </summary>
/// <param name="Code">Stable machine word.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">One sentence for people.</param>
/// <param name="Field">The request field at fault, where it is always the same one.</param>
/// <param name="RetryAfterSeconds">After how long (s) it is worth trying again, where that helps.</param>
/// <param name="MayBeGuess">The credential may have been guessed, so this counts against the client's address; one that fails too often gets 429 instead.</param>
/// <param name="SecurityEvent">As what a refusal is counted and logged; see docs/telemetry.md.</param>
public sealed record Problem(string Code, int Status, string Title, string? Field = null, int? RetryAfterSeconds = null, bool MayBeGuess = false,
    string? SecurityEvent = null) : IResult
{
    public static readonly Problem InvalidRequest = new("invalid_request", 400, "The request is not valid.");
    public static readonly Problem InvalidCursor = new("invalid_cursor", 400, "The cursor is not one that this service gave.");
    public static readonly Problem InvalidToken = new("invalid_token", 401, "A valid bearer token is needed.", MayBeGuess: true, SecurityEvent: "no_credential");
    public static readonly Problem InvalidSessionToken = new("invalid_session_token", 401, "The session token is unknown, revoked or expired.", MayBeGuess: true, SecurityEvent: "session_token");
    public static readonly Problem Forbidden = new("forbidden", 403, "The caller's role does not allow this.", SecurityEvent: "role");
    public static readonly Problem NotAssigned = new("not_assigned", 403, "The operator does not hold this session.", SecurityEvent: "not_assigned");
    public static readonly Problem Blocked = new("blocked", 403, "The visitor is blocked for now.", SecurityEvent: "blocked");
    public static readonly Problem SignInRequired = new("sign_in_required", 403, "Please sign in to chat.");
    public static readonly Problem SessionNotFound = new("session_not_found", 404, "There is no such session; create one first.");
    public static readonly Problem ShortcutTaken = new("invalid_request", 400, "Another text has this shortcut.", "shortcut");
    public static readonly Problem UnknownBefore = new("invalid_request", 400, "There is no such session in this list.", "before");
    public static readonly Problem NameReserved = new("invalid_request", 400, "This name is reserved: please use another one.", "name");
    public static readonly Problem SessionIdNeeded = new("invalid_request", 400, "The operator has several sessions: name one.", "sessionId");
    public static readonly Problem NotFound = new("not_found", 404, "There is nothing at this address.");
    public static readonly Problem MethodNotAllowed = new("method_not_allowed", 405, "This address does not take that method.");
    public static readonly Problem SessionClosed = new("session_closed", 409, "The session is closed.");
    public static readonly Problem SessionFull = new("session_full", 409, "The session holds as much as it may.");
    public static readonly Problem CannedRepliesFull = new("canned_replies_full", 409, "The canned replies take as much as they may.");
    public static readonly Problem ClientMessageIdReused = new("client_message_id_reused", 409, "Another text was sent under this clientMessageId.");
    public static readonly Problem AlreadyClaimed = new("already_claimed", 409, "Another operator has this call.");
    public static readonly Problem AtCapacity = new("at_capacity", 409, "The operator has as many sessions as it takes at once.");
    public static readonly Problem OperatorUnavailable = new("operator_unavailable", 409, "That operator is away, unknown or has all it takes.");
    public static readonly Problem SessionNotClosed = new("session_not_closed", 409, "The session is not closed yet.");
    public static readonly Problem PayloadTooLarge = new("payload_too_large", 413, "The request is larger than 64 KB.");
    public static readonly Problem UnsupportedMediaType = new("unsupported_media_type", 415, "Only application/json is taken.");
    public static readonly Problem UnsupportedEncoding = new("unsupported_media_type", 415, "No Content-Encoding is taken: send the body as it is.");
    public static readonly Problem NotAnswered = new("session_not_answered", 409, "No operator has answered in this session.");
    public static readonly Problem RateLimited = new("rate_limited", 429, "Too many requests; please wait.", SecurityEvent: "limit");
    public static readonly Problem InternalError = new("internal_error", 500, "Something went wrong on our side.");
    public static readonly Problem StorageUnavailable = new("storage_unavailable", 503, "The storage does not answer; please try again.", RetryAfterSeconds: 1);
    public static readonly Problem Busy = new("busy", 503, "Too many conversations are being read at once; please try again.", RetryAfterSeconds: 1);
    public static readonly Problem StorageShort = StorageUnavailable with { Title = "The storage is short of room; please try again later.", RetryAfterSeconds = 30 };
    public static readonly Problem IdentityUnavailable = new("identity_unavailable", 503, "The identity provider's keys cannot be fetched; please try again.", RetryAfterSeconds: 5);

    /// <summary>Worth trying again once this time has passed.</summary>
    public Problem After(TimeSpan wait) => this with { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.RequestServices.GetRequiredService<RefusalWatch>().Note(httpContext, this);
        if (MayBeGuess
            && await httpContext.RequestServices.GetRequiredService<ClientLimits>().TakeFailureAsync(httpContext.Connection.RemoteIpAddress, httpContext.RequestAborted) is { } wait)
        {
            await RateLimited.After(wait).ExecuteAsync(httpContext);
            return;
        }

        if (Status == StatusCodes.Status429TooManyRequests)
        {
            httpContext.RequestServices.GetRequiredService<ChatMetrics>().Refused(httpContext.GetEndpoint()?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route);
        }

        if (Status >= StatusCodes.Status500InternalServerError)
        {
            TracedRequests.NoteFailure(httpContext, Status);
        }

        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            var failed = httpContext.Features.Get<IExceptionHandlerFeature>()?.Error as StorageUnavailableException;
            httpContext.RequestServices.GetRequiredService<UnavailableLog>().Note(failed?.Reason ?? (Code == StorageUnavailable.Code ? "memory short" : Code));
        }

        var headers = httpContext.Response.Headers;
        if (RetryAfterSeconds is { } seconds)
        {
            headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var errors = Field is null ? null : new Dictionary<string, string[]> { [Field] = [Title] };
        await TypedResults.Problem(Describe(errors)).ExecuteAsync(httpContext);
    }

    /// <summary>With the messages of each field that is wrong.</summary>
    public ProblemDetails Describe(IDictionary<string, string[]>? errors = null)
    {
        var details = errors is null ? new ProblemDetails() : new HttpValidationProblemDetails(errors);
        details.Type = "about:blank";
        details.Title = Title;
        details.Status = Status;
        details.Detail = errors is null ? Title : string.Join(' ', errors.SelectMany(field => field.Value));
        details.Extensions["code"] = Code;
        details.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString();
        return details;
    }

    /// <summary>The problem that a bare status stands for, such as one set by routing.</summary>
    public static Problem? OfStatus(int status) => status switch
    {
        400 => InvalidRequest,
        401 => InvalidToken,
        403 => Forbidden,
        404 => NotFound,
        405 => MethodNotAllowed,
        413 => PayloadTooLarge,
        415 => UnsupportedMediaType,
        _ => null,
    };
}
