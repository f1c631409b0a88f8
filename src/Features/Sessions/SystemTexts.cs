namespace Intotes.Chat.Features.Sessions;

/// <summary>The readable texts of system entries; their <c>event</c> words are in the scripts that write them.</summary>
public static class SystemTexts
{
    public const string OperatorCalled = "An operator has been called.";
    public const string CallExpired = "Your call has ended, because you were away for half an hour. You can call an operator again.";
    public const string AccountLinked = "The visitor has signed in; what stands above was written before.";
    public const string Closed = "The conversation has been closed.";
    public const string ClosedByVisitor = "The visitor has closed the conversation.";

    public const string OperatorGone = "The operator has gone; you are at the front of the queue again.";
    public const string Rated = "The conversation has been rated.";

    public static string OperatorLeft(string name) => $"{name} has left the conversation; you are in the queue again.";

    public static string Transferred(string name, string to) => $"{name} has handed the conversation over to {to}.";

    public static string OperatorJoined(string name) => $"{name} has joined the conversation.";

    public static string ClosedBy(string name) => $"{name} has closed the conversation.";
}
