using System.Collections.Concurrent;

namespace Intotes.Chat.Tests.Faults;

/// <summary>What was acknowledged to clients, to be compared with what the service has afterwards.</summary>
public sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Account> accounts = new();
    private readonly ConcurrentQueue<string> objections = new();
    private int messages;

    /// <summary>Everything acknowledged of one session, in the order of its acknowledgement to each sender.</summary>
    public sealed class Account(string sessionId, string token)
    {
        public string SessionId => sessionId;

        public string Token => token;

        /// <summary>Message id by client message id.</summary>
        public ConcurrentDictionary<string, string> Messages { get; } = new();

        /// <summary>The client message ids of each sender as it sent them, one after the other.</summary>
        public ConcurrentDictionary<string, ConcurrentQueue<string>> Sent { get; } = new();

        public bool IsCalled { get; set; }
    }

    public IEnumerable<Account> Accounts => accounts.Values;

    public int Messages => messages;

    public int Calls => accounts.Values.Count(account => account.IsCalled);

    /// <summary>What a client saw that must never be: it names the session and what was wrong.</summary>
    public IReadOnlyCollection<string> Objections => objections;

    public void Opened(string sessionId, string token) => accounts[sessionId] = new Account(sessionId, token);

    public void Called(string sessionId) => accounts[sessionId].IsCalled = true;

    /// <summary>A message was acknowledged to its sender; a second acknowledgement must name the same message.</summary>
    public void Acknowledged(string sessionId, string sender, string clientMessageId, string id)
    {
        if (!accounts.TryGetValue(sessionId, out var account))
        {
            return; // opened by somebody whose answer was lost
        }

        if (account.Messages.TryAdd(clientMessageId, id))
        {
            Interlocked.Increment(ref messages);
            account.Sent.GetOrAdd(sender, _ => new()).Enqueue(clientMessageId);
        }
        else if (account.Messages[clientMessageId] != id)
        {
            ObjectTo($"{sessionId}: {clientMessageId} was acknowledged as {account.Messages[clientMessageId]} and as {id}");
        }
    }

    public void ObjectTo(string what) => objections.Enqueue(what);
}

/// <summary>What a comparison found.</summary>
/// <param name="Messages">Acknowledged ones.</param>
/// <param name="Lost">Acknowledged, and not there.</param>
/// <param name="Doubled">There more than once.</param>
/// <param name="OutOfOrder">There, in another order than their sender sent them.</param>
/// <param name="Calls">Acknowledged ones.</param>
/// <param name="Unanswered">Acknowledged, and no operator ever joined.</param>
/// <param name="OldestLost">When the oldest lost message was stored.</param>
public sealed record Audit(int Messages, int Lost, int Doubled, int OutOfOrder, int Calls, int Unanswered, DateTimeOffset? OldestLost = null)
{
    public static Audit operator +(Audit one, Audit other) => new(
        one.Messages + other.Messages, one.Lost + other.Lost, one.Doubled + other.Doubled, one.OutOfOrder + other.OutOfOrder, one.Calls + other.Calls,
        one.Unanswered + other.Unanswered, one.OldestLost is null || other.OldestLost < one.OldestLost ? other.OldestLost : one.OldestLost);

    public override string ToString() =>
        $"{Messages} messages and {Calls} calls acknowledged; {Lost} lost, {Doubled} doubled, {OutOfOrder} out of order, {Unanswered} calls unanswered";

    /// <summary>Nothing is wrong with what was acknowledged.</summary>
    public bool IsClean => (Lost, Doubled, OutOfOrder, Unanswered) == (0, 0, 0, 0);
}
