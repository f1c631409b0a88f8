using System.Net;

namespace DemoPlatform;

/// <summary>One person in one conversation: speaks, listens by polling with a cursor, and remembers everything it was shown.</summary>
public sealed class Participant(string name, string side, ChatApi api, string sessionId, Screen screen)
{
    private const int PollSeconds = 5;
    private const int Patience = 6;
    private readonly List<ChatMessage> _seen = [];
    private string _cursor = "0-0";

    public const string Visitor = "visitor";
    public const string Operator = "operator";

    public string Name => name;

    public string SessionId => sessionId;

    public IReadOnlyList<ChatMessage> Seen => _seen;

    private bool Answers => side == Operator;

    /// <summary>Operators have many conversations and must name the one they mean.</summary>
    private string? NamedSession => Answers ? sessionId : null;

    public async Task<ChatMessage> SayAsync(string text)
    {
        // The id makes a repeated send harmless; the repetition below plays the network that lost the first answer.
        var body = new { text, clientMessageId = Guid.NewGuid().ToString("N"), sessionId = NamedSession };
        var sent = await api.PostAsync<ChatMessage>("chat/message", body, HttpStatusCode.Created);
        var again = await api.PostAsync<ChatMessage>("chat/message", body, HttpStatusCode.OK);
        if (again.Id != sent.Id)
            throw new DemoException($"{name} sent one message twice with the same client id, and it was stored twice, as {sent.Id} and {again.Id}.");
        if (sent.Sender != side || sent.Text != text)
            throw new DemoException($"{name} said \"{text}\" and the chat stored \"{sent.Text}\" of {sent.Sender}.");
        screen.Says(name, text);
        return sent;
    }

    /// <summary>Says it while the other one is already waiting in a long poll.</summary>
    public async Task TellAsync(Participant other, string text)
    {
        var heard = other.HearAsync(message => message.Sender == side && message.Text == text, $"\"{text}\"");
        await SayAsync(text);
        await heard;
    }

    public Task SeeEventAsync(string entry) => HearAsync(message => message.Event == entry, $"the entry {entry}");

    /// <summary>Returns the status of the conversation.</summary>
    public async Task<string> PollAsync(int? waitSeconds = null)
    {
        var wait = waitSeconds is { } seconds ? $"&wait={seconds}" : "";
        var named = Answers ? $"&sessionId={Uri.EscapeDataString(sessionId)}" : "";
        var page = await api.GetAsync<ChatPage>($"chat/poll?after={Uri.EscapeDataString(_cursor)}{wait}{named}");
        foreach (var message in page.Messages)
        {
            if (_seen.Exists(known => known.Id == message.Id))
                throw new DemoException($"{name} polled with a cursor and was shown the message {message.Id} twice.");
            _seen.Add(message);
            if (message.Event is not null && !Answers)
                screen.Notes(name, message.Text);
        }
        _cursor = page.Cursor;
        return page.Status;
    }

    private async Task HearAsync(Predicate<ChatMessage> expected, string what)
    {
        for (var poll = 0; poll < Patience; poll++)
        {
            if (_seen.Exists(expected))
                return;
            await PollAsync(PollSeconds);
        }
        if (!_seen.Exists(expected))
            throw new DemoException($"{name} polled {Patience} times and never saw {what}.");
    }
}
