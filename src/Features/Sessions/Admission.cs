using System.Diagnostics;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The outcome of entering a session: the reply of the action there; or none, where the caller has no right to it or came too often.</summary>
/// <param name="RetryAfter">When the caller may again; null where it has no right at all.</param>
public readonly record struct Admission<TReply>(TReply? Reply, TimeSpan? RetryAfter)
    where TReply : class
{
    /// <summary>The caller has no right to enter.</summary>
    public bool IsDenied => Reply is null && RetryAfter is null;

    public static implicit operator Admission<TReply>(TReply reply) => new(reply, null);
}

public static class AdmissionExtensions
{
    /// <summary>A script's reply that is none of its own words, as session.lua refuses.</summary>
    public static Admission<TReply> Refused<TReply>(this ScriptReply reply, Script script)
        where TReply : class => reply.Status switch
        {
            "denied" => default,
            "limited" => new Admission<TReply>(null, reply.Milliseconds(1)),
            var other => throw new UnreachableException($"{script.Name}.lua replied {other}"),
        };
}
