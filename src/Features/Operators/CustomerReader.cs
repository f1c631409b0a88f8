using System.Text.Json;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
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
public sealed class CustomerReader(PlatformClient platform, NoteStore notes, BackgroundWriter background, IMemoryCache cache)
{
    /// <summary>A second apart, while Redis is away.</summary>
    private const int Attempts = 30;

    private static readonly TimeSpan SameLook = TimeSpan.FromSeconds(30);

    /// <summary>Null for anonymous visitors. A platform that does not answer within the caller's patience is unavailable.</summary>
    public async Task<Customer?> ReadAsync(Session session, Caller.Operator caller, TimeSpan patience, CancellationToken ct)
    {
        if (session.Visitor.UserId is not { } userId)
        {
            return null;
        }

        Record(session.Id, caller);
        return await platform.FindAsync(userId, patience, ct) is { } found
            ? new Customer(found.Profile, found.Trades, CustomerSource.Live)
            : new Customer(null, [], CustomerSource.Unavailable);
    }

    /// <summary>A console that refreshes what it shows is one look.</summary>
    private void Record(string sessionId, Caller.Operator caller)
    {
        var look = (typeof(CustomerReader), sessionId, caller.Id);
        if (!cache.TryGetValue(look, out _))
        {
            var request = Guid.NewGuid().ToString("N");
            background.Post(BackgroundWork.Note, () => notes.AddAsync(sessionId, "customer_seen", caller, "", request, CancellationToken.None), Attempts);
            cache.Set(look, true, SameLook);
        }
    }
}
