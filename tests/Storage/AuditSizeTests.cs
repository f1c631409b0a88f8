using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Storage;

/// <summary>How much the audit stream may hold, over all days and of one caller.</summary>
public sealed class AuditSizeTests : IAsyncLifetime
{
    /// <summary>That a megabyte has room for.</summary>
    private const int Most = 1024 * 1024 / 350;

    private const int EntriesPerDay = 4000;

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow().AddDays(-2));
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private DateOnly Day => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private StackExchange.Redis.IDatabase Database => nodes!.Redis.Database;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1, new Dictionary<string, string> { ["Audit:MaxMegabytes"] = "1", ["Audit:EntriesPerDay"] = $"{EntriesPerDay}" });
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }

    [Fact]
    public async Task Beyond_its_size_the_oldest_entries_go_with_their_places_in_the_indexes()
    {
        var (store, size, first) = (Store(), ActivatorUtilities.CreateInstance<AuditSize>(nodes!.Services), Day);
        await AddAsync(store, 1500, "dana");
        time.Advance(TimeSpan.FromDays(1));
        await AddAsync(store, 1000, "eli");
        await size.TrimAsync(Ct);
        Assert.Equal((2500, 0), (size.Entries, size.Trimmed));

        time.Advance(TimeSpan.FromDays(1));
        await AddAsync(store, 1000, "sue");
        await size.TrimAsync(Ct);

        Assert.Equal((Most, 3500 - Most), (size.Entries, size.Trimmed));
        var left = 1500 - (3500 - Most);
        Assert.Equal(left, await CountAsync(first));
        foreach (var (kind, id) in (ReadOnlySpan<(string, string)>)[("operator", "dana"), ("session", "session of dana"), ("user", "user of dana")])
        {
            Assert.Equal(left, Database.SortedSetLength(Keys.AuditOf(first, kind, Keys.AuditDigest(id))));
        }

        Assert.Equal(1000, await CountAsync(first.AddDays(1)));
        Assert.Equal(1000, await CountAsync(first.AddDays(2)));
        Assert.Equal(left, (await store.ReadAsync(first, new AuditFilter("dana", null, null), "0", "9999999999999", 2000, Ct)).Entries.Count);

        await size.TrimAsync(Ct);
        Assert.Equal((Most, 3500 - Most), (size.Entries, size.Trimmed));
    }

    [Fact]
    public async Task Nobody_pushes_the_entries_of_others_out_by_being_refused()
    {
        var store = Store();
        for (var attempt = 0; attempt < AuditOptions.RefusalsPerDay + 20; attempt++)
        {
            Assert.Equal(AuditOutcome.Done, await store.AddAsync(Refused("mallory"), Ct));
        }

        await store.AddAsync(Refused("eli"), Ct);
        await store.AddAsync(new AuditEntry(AuditKind.Look, "session_read", "operator", "mallory"), Ct);

        Assert.Equal(AuditOptions.RefusalsPerDay + 1, await Database.SortedSetLengthAsync(Keys.AuditOf(Day, "operator", Keys.AuditDigest("mallory"))));
        Assert.Equal(1, await Database.SortedSetLengthAsync(Keys.AuditOf(Day, "operator", Keys.AuditDigest("eli"))));

        time.Advance(TimeSpan.FromDays(1));
        await store.AddAsync(Refused("mallory"), Ct);
        Assert.Equal(1, await CountAsync(Day));
    }

    [Fact]
    public async Task An_entry_that_is_stored_is_not_lost_when_it_is_repeated_on_a_full_day()
    {
        var (store, last) = (Store(), new AuditEntry(AuditKind.Look, "session_read", "operator", "dana"));
        await AddAsync(store, EntriesPerDay / 2, "eli");
        await AddAsync(store, (EntriesPerDay / 2) - 1, "sue");
        Assert.Equal(AuditOutcome.Done, await store.AddAsync(last, Ct));

        Assert.Equal(AuditOutcome.Done, await store.AddAsync(last, Ct));
        Assert.Equal(AuditOutcome.Full, await store.AddAsync(new AuditEntry(AuditKind.Look, "session_read", "operator", "dana"), Ct));
        Assert.Equal(EntriesPerDay, await CountAsync(Day));
    }

    [Fact]
    public async Task One_operator_has_a_tenth_of_a_day_and_a_half_for_what_decides_about_customers()
    {
        var (store, look) = (Store(), AuditKind.Look);
        for (var i = 0; i < EntriesPerDay / 10; i++)
        {
            Assert.Equal(AuditOutcome.Done, await AddOneAsync("mallory", look));
            look = look == AuditKind.Look ? AuditKind.Action : AuditKind.Look;
        }

        Assert.Equal((AuditOutcome.Share, AuditOutcome.Share), (await AddOneAsync("mallory", AuditKind.Look), await AddOneAsync("mallory", AuditKind.Action)));
        Assert.Equal(AuditOutcome.Done, await AddOneAsync("mallory", AuditKind.Decision));
        Assert.Equal(AuditOutcome.Done, await AddOneAsync("mallory", AuditKind.Refused));
        Assert.Equal((AuditOutcome.Done, AuditOutcome.Done), (await AddOneAsync("dana", AuditKind.Look), await AddOneAsync("dana", AuditKind.Action)));
        Assert.Equal(AuditOutcome.Done, await store.AddAsync(new AuditEntry(AuditKind.Action, "account_erased", "platform"), Ct));

        await AddAsync(store, EntriesPerDay / 2, "mallory");
        Assert.Equal(EntriesPerDay / 2, await Database.SortedSetLengthAsync(Keys.AuditOf(Day, "operator", Keys.AuditDigest("mallory"))));
        Assert.Equal((AuditOutcome.Share, AuditOutcome.Done), (await AddOneAsync("mallory", AuditKind.Decision), await AddOneAsync("dana", AuditKind.Decision)));

        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(AuditOutcome.Done, await AddOneAsync("mallory", AuditKind.Action));

        Task<AuditOutcome> AddOneAsync(string @operator, AuditKind kind) => store.AddAsync(new AuditEntry(kind, "done", "operator", @operator, SessionId: "some"), Ct);
    }

    private AuditStore Store() => ActivatorUtilities.CreateInstance<AuditStore>(nodes!.Services, time);

    private async Task<long> CountAsync(DateOnly day) => Assert.Single(await Store().CountAsync([day], Ct));

    private static AuditEntry Refused(string @operator) => new(AuditKind.Refused, "refused", "operator", @operator, Refused: "forbidden");

    private static async Task AddAsync(AuditStore store, int count, string @operator)
    {
        foreach (var some in Enumerable.Range(0, count).Chunk(100))
        {
            await Task.WhenAll(some.Select(_ => store.AddAsync(
                new AuditEntry(AuditKind.Decision, "claimed", "operator", @operator, SessionId: "session of " + @operator, UserId: "user of " + @operator), Ct)));
        }
    }
}
