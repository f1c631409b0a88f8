using System.Text.Json;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Replay;

/// <summary>A customer's side of a real conversation, and how this test plays it.</summary>
/// <param name="Number">Decides who the customer is and how it polls, so that every mixture occurs.</param>
internal sealed record Conversation(int Number, string Id, IReadOnlyList<string> Texts)
{
    /// <summary>Half of the customers are signed in.</summary>
    public bool IsAccount => Number % 2 == 1;

    public string? CustomerName => IsAccount ? $"Customer {Number}" : null;

    public Polling Polling => (Polling)(Number / 2 % 3);

    /// <summary>Every fourth customer writes first and calls an operator then.</summary>
    public bool WritesFirst => Number / 6 % 4 == 0;

    /// <summary>What is sent as the nth message: as many programs do, every fifth conversation adds the newline that was typed to send it.</summary>
    public string Sent(int n) => Number % 5 == 0 ? $"{Texts[n]}\r\n" : Texts[n];

    /// <summary>What is stored of it; the contract takes every text of the data.</summary>
    public string Stored(int n) => ContractText.Stored(Sent(n)) ?? throw new InvalidDataException($"{Id} says what the contract refuses: {Texts[n]}");

    /// <summary>The operator's answer to the nth message; no other has its words.</summary>
    public string Answer(int n) => $"Answer {n + 1} of {Texts.Count} to {Id}";

    /// <summary>Every other message has a client id, and every fourth is sent twice at once.</summary>
    public static string? ClientId(int n) => n % 2 == 0 ? $"message-{n}" : null;

    public static bool IsSentTwice(int n) => n % 4 == 2;

    /// <summary>The conversation as it has to stand in the history in the end: sender, name, text, client id and event.</summary>
    public IEnumerable<Line> Lines(string operatorName)
    {
        if (WritesFirst)
        {
            yield return Message(0);
        }

        yield return new Line("system", null, null, null, "operator_called");
        yield return new Line("system", null, null, null, "operator_joined");
        for (var n = 0; n < Texts.Count; n++)
        {
            if (n > 0 || !WritesFirst)
            {
                yield return Message(n);
            }

            yield return new Line("operator", operatorName, Answer(n), $"answer-{n}", null);
        }

        yield return new Line("system", null, null, null, "closed");

        Line Message(int n) => new("visitor", CustomerName, Stored(n), ClientId(n), null);
    }

    public static IReadOnlyList<Conversation> All()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Data", "finance-customers.jsonl");
        return [.. File.ReadLines(path).Select((line, number) =>
        {
            using var json = JsonDocument.Parse(line);
            var texts = json.RootElement.GetProperty("customer").EnumerateArray().Select(text => text.GetString()!);
            return new Conversation(number, json.RootElement.GetProperty("conversation").GetString()!, [.. texts]);
        })];
    }
}

/// <summary>One line of a history. The text of a system entry is for people, and not compared.</summary>
internal sealed record Line(string Sender, string? Name, string? Text, string? ClientMessageId, string? Event);

internal enum Polling
{
    /// <summary>After the own cursor, at once and again.</summary>
    After,

    /// <summary>After the own cursor, waiting at the server.</summary>
    AfterWaiting,

    /// <summary>After the cursor that the server keeps, waiting there.</summary>
    KeptWaiting,
}
