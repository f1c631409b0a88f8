using System.Globalization;
using System.Net;

namespace DemoPlatform;

/// <summary>
/// Two customers and one operator, played through the chat's public API. It checks what it shows: the first deviation ends it.
/// Other calls may be waiting meanwhile; it claims its own by session.
/// </summary>
public sealed class DemoConversation(HttpClient http, Tokens tokens, Customers customers)
{
    private readonly Screen _screen = new();

    public async Task PlayAsync()
    {
        _screen.Title($"A conversation through {http.BaseAddress}");

        var visitorApi = new ChatApi(http, "Visitor");
        var (visitorSession, _) = await visitorApi.OpenSessionAsync();
        var token = visitorSession.Token ?? throw new DemoException("Visitor: the new anonymous session came without its token.");
        visitorApi.Credential = ("X-Chat-Session", token);
        var visitor = new Participant("Visitor", Participant.Visitor, visitorApi, visitorSession.SessionId, _screen);
        _screen.Notes(visitor.Name, "opens an anonymous conversation");
        List<(string Sender, string Text)> said = [];
        var place = await OpenWithAsync(visitor, visitorApi, "Hello! How long does a withdrawal to my bank take?", said);

        var carlaApi = SignedIn(People.Carla);
        var carla = new Participant("Carla", Participant.Visitor, carlaApi, await NewAccountSessionAsync(carlaApi, "Carla"), _screen);
        _screen.Notes(carla.Name, "opens a conversation, signed in");
        var order = customers.Find(People.Carla.Id)!.Trades[0];
        List<(string Sender, string Text)> carlaSaid = [];
        var carlaPlace = await OpenWithAsync(carla, carlaApi, $"Hi, my order {order.Id} for {order.Symbol} is still pending. Is something wrong?", carlaSaid);
        Check(carlaPlace > place, $"Carla called after the visitor, yet her place is {carlaPlace} and the visitor's was {place}.");

        var danaApi = SignedIn(People.Dana);
        var calls = (await danaApi.GetAsync<WaitingCalls>("operator/calls")).Calls;
        _screen.Notes(People.Dana.Name, string.Create(CultureInfo.InvariantCulture, $"looks at the queue: {calls.Length} waiting"));
        var visitorIndex = Array.FindIndex(calls, call => call.SessionId == visitor.SessionId);
        var carlaIndex = Array.FindIndex(calls, call => call.SessionId == carla.SessionId);
        Check(visitorIndex >= 0 && carlaIndex > visitorIndex, "The list of waiting calls does not hold the visitor's call before Carla's.");

        await ServeAsync(danaApi, visitor, said,
        [
            (Participant.Operator, "Good day, this is Dana. To a bank in the euro area: one working day."),
            (Participant.Visitor, "And is there a fee?"),
            (Participant.Operator, "The first two of a month are free, then it is €1.50 each. ✓"),
            (Participant.Visitor, "Perfect, thank you!"),
        ]);
        await visitorApi.ExpectRefusalAsync("chat/message", new { text = "One more thing" }, HttpStatusCode.Conflict, "session_closed");

        await ServeAsync(danaApi, carla, carlaSaid,
        [
            (Participant.Operator, $"Hello Carla, I see it: {order.Quantity:0.####} at {order.Price:0.00} {order.Currency}. The limit has not been reached yet."),
            (Participant.Visitor, "Then I will leave it. Thanks, Dana!"),
        ]);

        await VerifyAsync(visitorApi, visitor, said);
        await VerifyAsync(carlaApi, carla, carlaSaid);
        _screen.Title($"Both histories read back as they were said: {said.Count} and {carlaSaid.Count} messages, each seen exactly once by polling.");
    }

    private ChatApi SignedIn(Person person) => new(http, person.Name) { Credential = ("Authorization", $"Bearer {tokens.For(person)}") };

    /// <summary>An account has one active session; what an interrupted demo left behind is closed first.</summary>
    private static async Task<string> NewAccountSessionAsync(ChatApi api, string name)
    {
        var (session, created) = await api.OpenSessionAsync();
        if (created)
            return session.SessionId;
        await api.PostAsync<ChatSession>("chat/session/close", new { }, HttpStatusCode.OK);
        (session, created) = await api.OpenSessionAsync();
        Check(created, $"{name} closed the conversation and was given the same one again.");
        return session.SessionId;
    }

    /// <summary>The first words, then the call for an operator. Returns the place in the queue.</summary>
    private async Task<int> OpenWithAsync(Participant person, ChatApi api, string text, List<(string Sender, string Text)> said)
    {
        await person.SayAsync(text);
        said.Add((Participant.Visitor, text));
        var call = await api.PostAsync<CallPlaced>("chat/session/call-operator", new { reason = text }, HttpStatusCode.OK);
        Check(call is { Status: "waiting", Queue.Position: >= 1 }, $"{person.Name} called an operator, and the answer names no place in the queue.");
        var wait = call.Queue!.EstimatedWaitSeconds is { } seconds ? $", about {seconds:0} s" : "";
        _screen.Notes(person.Name, $"calls an operator: place {call.Queue.Position} of {call.Queue.Waiting}{wait}");
        await person.SeeEventAsync("operator_called");
        return call.Queue.Position;
    }

    private async Task ServeAsync(ChatApi danaApi, Participant customer, List<(string Sender, string Text)> said, (string Sender, string Text)[] lines)
    {
        var claimed = await danaApi.PostAsync<ChatSession>("operator/calls/claim", new { sessionId = customer.SessionId }, HttpStatusCode.OK);
        Check(claimed.SessionId == customer.SessionId, $"Dana claimed the call of {customer.Name} and was given another one.");
        Check(claimed.Status == "active", $"Dana claimed the call of {customer.Name}, and its status is {claimed.Status}.");
        var dana = new Participant("Dana", Participant.Operator, danaApi, claimed.SessionId, _screen);
        _screen.Notes(dana.Name, $"takes the call of {customer.Name}");
        await customer.SeeEventAsync("operator_joined");

        foreach (var (sender, text) in lines)
        {
            await (sender == Participant.Operator ? dana.TellAsync(customer, text) : customer.TellAsync(dana, text));
            said.Add((sender, text));
        }

        await danaApi.PostAsync<ChatSession>($"operator/sessions/{dana.SessionId}/close", new { reason = "solved" }, HttpStatusCode.OK);
        await customer.SeeEventAsync("closed");
        Check(await customer.PollAsync() == "closed", $"Dana closed the conversation with {customer.Name}, and its poll does not say so.");
        Check(dana.Seen.Select(message => message.Id).SequenceEqual(customer.Seen.Take(dana.Seen.Count).Select(message => message.Id)),
            $"Dana and {customer.Name} were shown different messages.");
    }

    private static async Task VerifyAsync(ChatApi api, Participant person, List<(string Sender, string Text)> said)
    {
        var history = (await api.GetAsync<ChatPage>("chat/history")).Messages;
        Check(history.Where(message => message.Event is null).Select(message => (message.Sender, message.Text)).SequenceEqual(said),
            $"The history of {person.Name} is not what was said, in order.");
        Check(history.Where(message => message.Event is not null).Select(message => message.Event).SequenceEqual(["operator_called", "operator_joined", "closed"]),
            $"The history of {person.Name} does not show the call, the operator joining and the end.");
        Check(history.Select(message => message.Id).SequenceEqual(person.Seen.Select(message => message.Id)),
            $"Polling showed {person.Name} other messages than the history holds.");
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
            throw new DemoException(otherwise);
    }
}
