using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Compares what was acknowledged with what the service has, by the histories that its visitors can read.</summary>
public sealed class Auditor(Teller teller, Ledger ledger)
{
    public async Task<Audit> CompareAsync()
    {
        var audit = new Audit(0, 0, 0, 0, 0, 0);
        foreach (var part in ledger.Accounts.Where(account => account.IsCalled || !account.Messages.IsEmpty).Chunk(16))
        {
            audit = (await Task.WhenAll(part.Select(CompareAsync))).Aggregate(audit, (sum, found) => sum + found);
        }

        return audit;
    }

    private async Task<Audit> CompareAsync(Ledger.Account account)
    {
        var calls = account.IsCalled ? 1 : 0;
        var history = await teller.SendAsync("GET", "chat/history", null, account.Token, null, TestContext.Current.CancellationToken);
        if (history.Status != HttpStatusCode.OK)
        {
            return new Audit(account.Messages.Count, account.Messages.Count, 0, 0, calls, calls, Oldest(account.Messages.Values));
        }

        var entries = history.Body!["messages"]!.AsArray().Select(entry => entry!).ToList();
        var stored = entries.Where(entry => entry["clientMessageId"] is not null).ToLookup(entry => (string)entry["clientMessageId"]!, Id);
        var lost = account.Messages.Where(acknowledged => !stored[acknowledged.Key].Contains(acknowledged.Value)).Select(message => message.Value).ToList();
        var doubled = stored.Sum(message => message.Count() - 1);
        var places = entries.Select(Id).Select((id, place) => (id, place)).ToDictionary(entry => entry.id, entry => entry.place);
        var outOfOrder = account.Sent.Values.Sum(sent => Inversions(sent.Select(id => places.GetValueOrDefault(account.Messages[id], -1)).Where(place => place >= 0)));
        var events = entries.Select(entry => (string?)entry["event"]).ToList();
        var isAnswered = Math.Max(events.LastIndexOf("operator_joined"), events.LastIndexOf("closed")) > events.LastIndexOf("operator_left")
            && events.Contains("operator_joined");
        return new Audit(account.Messages.Count, lost.Count, doubled, outOfOrder, calls, calls > 0 && !isAnswered ? 1 : 0, Oldest(lost));
    }

    private static DateTimeOffset? Oldest(IEnumerable<string> ids) => ids.Select(Stored.TimeOf).Cast<DateTimeOffset?>().Min();

    private static string Id(JsonNode entry) => (string)entry["id"]!;

    private static int Inversions(IEnumerable<int> places) => places.Zip(places.Skip(1)).Count(pair => pair.First >= pair.Second);
}
