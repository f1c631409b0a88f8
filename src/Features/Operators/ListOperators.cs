using FastEndpoints;
using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Operators;

/// <summary>The operators that called within the last day: to whom a session can be transferred, and how busy each is.</summary>
public sealed class ListOperators(RosterStore roster) : EndpointWithoutRequest<ListOperators.Answer>
{
    /// <param name="Online">It did not say away, and called within the last 90 s.</param>
    /// <param name="Capacity">How many sessions it takes at once.</param>
    /// <param name="Held">How many it has.</param>
    /// <param name="Departments">Those it serves; none means all.</param>
    public sealed record Colleague(string Id, string Name, bool Online, int Capacity, int Held, IReadOnlyList<string> Departments);

    /// <param name="Operators">By name, the caller among them.</param>
    public sealed record Answer(IReadOnlyList<Colleague> Operators);

    public override void Configure()
    {
        Get("operators");
        Group<OperatorGroup>();
    }

    public override async Task<Answer> ExecuteAsync(CancellationToken ct) => new(
    [
        .. (await roster.ReadAsync(ct))
            .Select(o => new Colleague(o.OperatorId, o.Name.Length > 0 ? o.Name : o.OperatorId, o.IsOnline, o.Capacity, o.Held, o.Departments))
            .OrderBy(o => o.Name, StringComparer.Ordinal).ThenBy(o => o.Id, StringComparer.Ordinal),
    ]);
}
