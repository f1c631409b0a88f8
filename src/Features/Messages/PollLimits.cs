using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Messages;

/// <summary>Counts the texts of polls and events as reading, where they are more than talk.</summary>
internal static class PollLimits
{
    /// <summary>How many messages to read for a client: one at a time while it has to wait, so that little is read for what may be refused.</summary>
    public static int Most(this ReadLimits limits, string client, int most) => limits.IsInDebt(client) ? 1 : most;

    /// <summary>The same reply, or else how long the client has to wait for it.</summary>
    public static Admission<PollReply> Count(this ReadLimits limits, string client, Admission<PollReply> entered) =>
        entered.Reply is { } reply && limits.TakeAnswer(client, reply.TextBytes) is { } wait ? new(null, wait) : entered;
}
