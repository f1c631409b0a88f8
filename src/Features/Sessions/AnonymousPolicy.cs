using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Whether anonymous visitors are served.</summary>
public enum AnonymousState
{
    /// <summary>As many as their own limits allow.</summary>
    Open,

    /// <summary>The same, but the whole service makes only so many sessions a minute for them.</summary>
    Limited,

    /// <summary>Nothing new: no session, no call, and messages only where an operator has the session.</summary>
    Off,
}

/// <summary>The order of a supervisor.</summary>
/// <param name="Until">When it ends by itself; null for never.</param>
public sealed record AnonymousOrder(AnonymousState State, DateTimeOffset? Until);

/// <summary>
/// Whether anonymous visitors are served now: by the setting or a supervisor's order, and by how much room Redis has. Asking costs a request nothing:
/// <see cref="AnonymousWatch"/> and <c>RedisWatch</c> renew what this node knows.
/// </summary>
public sealed class AnonymousPolicy(RedisMemory memory, AnonymousBytes bytes, IOptions<ChatOptions> options, TimeProvider time)
{
    private readonly AnonymousState setting = Parse(options.Value.Anonymous)!.Value;
    private readonly Lock gate = new();
    private volatile AnonymousOrder? order;
    private long asked, answered;

    /// <summary>A supervisor's order, while there is one.</summary>
    public AnonymousOrder? Order => order is { Until: { } until } && until <= time.GetUtcNow() ? null : order;

    /// <summary>Begins to ask for the order. Returns the number of the question.</summary>
    public long Ask() => Interlocked.Increment(ref asked);

    /// <summary>Takes the answer to a question. Of several questions the last one counts, in whichever order they are answered.</summary>
    public void Answer(long number, AnonymousOrder? found)
    {
        lock (gate)
        {
            if (number > answered)
            {
                (answered, order) = (number, found);
            }
        }
    }

    public AnonymousState State => Order?.State ?? setting;

    /// <summary>Whether sessions for anonymous visitors are counted over the whole service.</summary>
    public bool IsLimited => State == AnonymousState.Limited;

    /// <summary>Why no anonymous session is made now; null where one is.</summary>
    public Problem? SessionRefusal(SessionToken token) =>
        State == AnonymousState.Off ? Problem.SignInRequired
        : memory.ShareOf(Keys.Session(token.SessionId)) >= options.Value.Memory.SessionsBelow || bytes.Share >= AnonymousBytes.SessionsBelow ? Problem.StorageShort
        : null;

    /// <summary>Whether there is no room now for what this caller says.</summary>
    public bool RefusesMessage(Caller caller) =>
        caller is Caller.Visitor { Token: { } token }
        && (memory.ShareOf(Keys.Session(token.SessionId)) >= options.Value.Memory.MessagesBelow || bytes.Share >= 1);

    /// <summary>Whether this visitor has to sign in to begin anything new.</summary>
    public bool MustSignIn(SessionAccess access) => access.Kind == "token" && State == AnonymousState.Off;

    /// <summary>As the setting names it; null where it does not.</summary>
    internal static AnonymousState? Parse(string state) => state switch
    {
        "open" => AnonymousState.Open,
        "limited" => AnonymousState.Limited,
        "off" => AnonymousState.Off,
        _ => null,
    };
}
