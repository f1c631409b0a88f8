using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Intotes.Chat.Features.Messages;

/// <summary>A poll that says no more than widgets do, read without what binds and validates any request.</summary>
/// <param name="After">The cursor.</param>
/// <param name="Wait">Seconds to wait for something new, or that a stream of events is to last.</param>
/// <param name="Shown">The state of the other side that the caller shows.</param>
/// <param name="IsStream">Whether it asks for events.</param>
internal readonly record struct PlainPoll(string After, int? Wait, PeerState? Shown, bool IsStream)
{
    private const string Poll = "/api/v1/chat/poll", Events = "/api/v1/chat/events";

    /// <summary>Of what a GET request says; null where that is anything else, or wrong.</summary>
    public static PlainPoll? Of(string? path, string? query, string? lastEventId)
    {
        var isStream = path == Events;
        if (!isStream && path != Poll)
        {
            return null;
        }

        var (after, wait, typing, readUpTo) = (default(string), default(int?), default(bool?), default(string));
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var value = parameter.EncodedValue.Span;
            switch (parameter.EncodedName.Span)
            {
                case "after" when after is null:
                    after = value.ToString();
                    break;
                case "wait" when wait is null && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds):
                    wait = seconds;
                    break;
                case "typing" when typing is null && !isStream && value is "true" or "false":
                    typing = value is "true";
                    break;
                case "readUpTo" when readUpTo is null && !isStream:
                    readUpTo = value.ToString();
                    break;
                case "_":
                    // Makes an address that no cache knows.
                    break;
                default:
                    return null;
            }
        }

        var from = isStream && lastEventId is { Length: > 0 } ? lastEventId : after;
        var isPlain = from is not null && IsCursorIfAny(from) && IsCursorIfAny(after) && IsCursorIfAny(readUpTo)
            && (wait is not { } asked || (asked >= 1 && asked <= (isStream ? GetEvents.LongestWait : PollMessages.LongestWait)));
        return isPlain ? new PlainPoll(from!, wait, PeerState.Said(typing, readUpTo), isStream) : null;
    }

    private static bool IsCursorIfAny(string? given) => given is null || Cursor.IsCursor(given);
}
