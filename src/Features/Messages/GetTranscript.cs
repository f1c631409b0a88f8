using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Intotes.Chat.Features.Messages;

/// <summary>The conversation to keep: plain text, or JSON where the Accept header prefers it.</summary>
public sealed class GetTranscript(SessionGate gate, HistoryReader reader, ReadLimits limits)
    : EndpointWithoutRequest<Results<TranscriptResult, HistoryResult, Problem>>
{
    public override void Configure()
    {
        Get("chat/session/transcript");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.Refuses(Problem.InvalidSessionToken, Problem.SessionNotFound, Problem.Busy));
    }

    public override async Task<Results<TranscriptResult, HistoryResult, Problem>> ExecuteAsync(CancellationToken ct)
    {
        var (place, busy) = await limits.EnterAsync(HttpContext);
        if (place is null)
        {
            return busy!;
        }

        var caller = User.Caller()!;
        var (history, refusal) = await gate.EnterAsync(
            caller, null, Allowance.Polls, access => reader.ReadAsync(access, caller, null, null, withEvents: true, place, ct), ct);
        return history is null ? refusal!
            : PrefersJson(HttpContext.Request) ? new HistoryResult(history)
            : new TranscriptResult(history);
    }

    /// <summary>RFC 9110, 12.5.1: the quality decides, and plain text where both are as welcome.</summary>
    private static bool PrefersJson(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return Quality(accepted, "application/json") > Quality(accepted, "text/plain");
    }

    private static double Quality(IList<MediaTypeHeaderValue> accepted, string type)
    {
        var offered = new MediaTypeHeaderValue(type);
        return accepted.Count == 0 ? 1 : accepted
            .Where(range => offered.IsSubsetOf(range))
            .OrderBy(range => range.MatchesAllTypes).ThenBy(range => range.MatchesAllSubTypes)
            .Select(range => range.Quality ?? 1)
            .FirstOrDefault();
    }
}
