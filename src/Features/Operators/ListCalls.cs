using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>The waiting calls, oldest first.</summary>
public sealed class ListCalls(QueueStore queue, SummaryStore summaries, TimeProvider time, IOptions<ChatOptions> options)
    : Endpoint<ListCalls.Request, ListCalls.Answer>
{
    private const int DefaultLimit = 100;

    public sealed class Request
    {
        /// <summary>Most calls in the answer, 1 to 500; 100 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }
    }

    /// <param name="Position">Its place in the queue of its department; 1 is served next.</param>
    /// <param name="LastMessage">The last thing somebody wrote.</param>
    public sealed record Call(
        int Position, string SessionId, Visitor Visitor, string? Reason, string Department, DateTimeOffset CalledAt, int WaitedSeconds, Message? LastMessage);

    public sealed record Answer(IReadOnlyList<Call> Calls);

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Limit).InclusiveBetween(1, 500);
    }

    public override void Configure()
    {
        Get("calls");
        Group<OperatorGroup>();
    }

    public override async Task<Answer> ExecuteAsync(Request request, CancellationToken ct)
    {
        var limit = request.Limit ?? DefaultLimit;
        var waiting = await Task.WhenAll(options.Value.Queues.Select(department => CallsOfAsync(department, limit, ct)));
        return new Answer([.. waiting.SelectMany(calls => calls).OrderBy(call => call.CalledAt).Take(limit)]);
    }

    private async Task<IEnumerable<Call>> CallsOfAsync(string department, int limit, CancellationToken ct)
    {
        var ids = await queue.HeadAsync(department, limit, ct);
        var found = (await summaries.FindAllAsync(ids, ct)).ToDictionary(s => s.Session.Id);
        var now = time.GetUtcNow();
        var calls = new List<Call>();
        foreach (var (index, id) in ids.Index())
        {
            if (found.GetValueOrDefault(id) is { Session: { Status: SessionStatus.Waiting, CalledAt: { } calledAt } session } summary)
            {
                var waited = Math.Max(0, (int)(now - calledAt).TotalSeconds);
                calls.Add(new Call(index + 1, id, session.Visitor, session.Reason, department, calledAt, waited, summary.LastMessage));
            }
        }

        return calls;
    }
}
