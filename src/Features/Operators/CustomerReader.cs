using System.Text.Json;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Caching.Memory;

namespace Intotes.Chat.Features.Operators;

public enum CustomerSource
{
    Live,
    Unavailable,
}

/// <summary>A signed-in customer as the platform knows it.</summary>
/// <param name="Profile">In the platform's own form; null when it is unavailable.</param>
/// <param name="Trades">The newest 50.</param>
public sealed record Customer(JsonElement? Profile, IReadOnlyList<JsonElement> Trades, CustomerSource Source);

/// <summary>Shows operators whom they talk to. Each look is recorded in the session, where its visitor does not see it.</summary>
public sealed class CustomerReader(PlatformClient platform, NoteStore notes, IMemoryCache cache)
{
    private static readonly TimeSpan SameLook = TimeSpan.FromSeconds(30);

    /// <summary>Null for anonymous visitors. A platform that does not answer within the caller's patience is unavailable.</summary>
    public async Task<Customer?> ReadAsync(Session session, Caller.Operator caller, TimeSpan patience, CancellationToken ct)
    {
        if (session.Visitor.UserId is not { } userId)
        {
            return null;
        }

        await RecordAsync(session.Id, caller, ct);
        return await platform.FindAsync(userId, patience, ct) is { } found
            ? new Customer(found.Profile, found.Trades, CustomerSource.Live)
            : new Customer(null, [], CustomerSource.Unavailable);
    }

    /// <summary>A console that refreshes what it shows is one look.</summary>
    private async Task RecordAsync(string sessionId, Caller.Operator caller, CancellationToken ct)
    {
        var look = (typeof(CustomerReader), sessionId, caller.Id);
        if (!cache.TryGetValue(look, out _))
        {
            await notes.AddAsync(sessionId, "customer_seen", caller, "", null, ct);
            cache.Set(look, true, SameLook);
        }
    }
}
