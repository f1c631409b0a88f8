using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Hosting.Canaries;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What those who guard the service are told: each event is counted, a line a second is logged for each reason, and neither names anybody.</summary>
public sealed class SecurityEventsTests(ChatNodes nodes)
{
    private const string PlatformKey = "the platform's key";

    [Fact]
    public async Task Each_refusal_is_counted_by_its_reason_and_logged_without_a_name()
    {
        using var logs = new EverythingLogged();
        await using var node = ChatNode.Start(
            nodes.Redis.Configuration, logs,
            new Dictionary<string, string> { ["Platform:ApiKey"] = PlatformKey, ["Chat:Limits:SessionsPerMinutePerIp"] = "5", ["Jwt:OperatorMaxAgeMinutes"] = "90" });
        using var counted = new Counted(node.Services.GetRequiredService<IMeterFactory>());
        var (user, ann, dana) = (ChatClient.NewId("user"), ChatClient.Account(nodes, ChatClient.NewId("user")), ChatClient.Operator(nodes));
        var sue = ChatClient.Operator(nodes, role: "supervisor");
        await ExpectAsync(ann, HttpMethod.Post, "chat/session", 201);
        var visitor = ChatClient.Anonymous(nodes);
        visitor.SessionToken = (string?)(await ExpectAsync(visitor, HttpMethod.Post, "chat/session", 201))["token"];
        var session = (string)(await ExpectAsync(visitor, HttpMethod.Post, "chat/session/call-operator", 200))["sessionId"]!;

        foreach (var (reason, fault) in ((string, string)[])
        [
            ("token_signature", "signed with another key"), ("token_signature", "alg none"), ("token_issuer", "another issuer"), ("token_audience", "another audience"),
            ("token_time", "not yet valid"), ("token_time", "no expiry"), ("token_claims", "no subject"), ("token_malformed", "garbage"),
        ])
        {
            var header = new HandmadeJwt("intotes-development-signing-key-not-for-production", user).Spoilt(fault);
            await CountsAsync(reason, () => ChatClient.Anonymous(nodes).SendAsync(HttpMethod.Get, "operator/calls", null, To(header)));
        }

        await CountsAsync("token_expired", () => ChatClient.Anonymous(nodes).SendAsync(
            HttpMethod.Get, "operator/calls", null, To("Bearer " + Jwt.Issue(user, expiresIn: TimeSpan.FromMinutes(-2)))));
        var old = new HandmadeJwt("intotes-development-signing-key-not-for-production", user);
        (old.Claims["role"], old.Claims["iat"]) = ("operator", TimeProvider.System.GetUtcNow().AddHours(-2).ToUnixTimeSeconds());
        await CountsAsync("token_too_old", () => ChatClient.Anonymous(nodes).SendAsync(HttpMethod.Get, "operator/calls", null, To("Bearer " + old.WithSignature())));
        await CountsAsync("no_credential", () => SendAsync(ChatClient.Anonymous(nodes), HttpMethod.Get, "operator/calls"));
        var forged = ChatClient.Anonymous(nodes);
        forged.SessionToken = $"{session}.{new string('A', 43)}";
        await CountsAsync("session_token", () => SendAsync(forged, HttpMethod.Get, "chat/history"));
        await CountsAsync("session_token", () => SendAsync(forged, HttpMethod.Get, "chat/poll"));
        await CountsAsync("platform_key", () => ChatClient.Anonymous(nodes).SendAsync(HttpMethod.Post, "accounts/erase", JsonContent.Create(new { userId = user }), request =>
        {
            To(null)(request);
            request.Headers.Add("X-Api-Key", "guessed");
        }));
        await CountsAsync("role", () => SendAsync(ann, HttpMethod.Get, "operator/calls"));
        await CountsAsync("not_assigned", () => SendAsync(dana, HttpMethod.Get, $"chat/history?sessionId={session}"));
        await CountsAsync("foreign_session", () => SendAsync(dana, HttpMethod.Get, "operator/sessions/AAAAAAAAAAAAAAAAAAAAAA"));
        await CountsAsync("cross_site", () => ann.SendAsync(HttpMethod.Post, "chat/session", null, request =>
        {
            To(null)(request);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
        }));
        await CountsAsync("supervisor_look", () => SendAsync(sue, HttpMethod.Get, $"operator/sessions/{session}"));
        await CountsAsync("visitor_blocked", () => SendAsync(sue, HttpMethod.Post, $"operator/sessions/{session}/block", new { minutes = 5 }));
        await CountsAsync("blocked", () => SendAsync(visitor, HttpMethod.Post, "chat/message", new { text = "Hello" }));
        await CountsAsync("visitor_unblocked", () => SendAsync(sue, HttpMethod.Post, $"operator/sessions/{session}/block", new { minutes = 0 }));
        await CountsAsync("session_erased", () => SendAsync(visitor, HttpMethod.Delete, "chat/session"));
        await CountsAsync("account_erased", () => SendAsync(sue, HttpMethod.Post, "accounts/erase", new { userId = user }));
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(ChatClient.Anonymous(nodes), HttpMethod.Post, "chat/session");
        }

        await CountsAsync("limit", () => SendAsync(ChatClient.Anonymous(nodes), HttpMethod.Post, "chat/session"));

        var lines = logs.Lines.Where(line => line.Category == typeof(SecurityEvents).FullName).ToList();
        Assert.True(lines.Count >= 18, $"{lines.Count} lines");
        Assert.All(lines, line => Assert.Equal(LogLevel.Information, line.Level));
        Assert.All(lines, line => Assert.All([user, session, PlatformKey], secret => Assert.DoesNotContain(secret, line.Text, StringComparison.Ordinal)));

        Action<HttpRequestMessage> To(string? bearer) => request =>
        {
            request.RequestUri = new Uri(node.Address, request.RequestUri!.PathAndQuery);
            if (bearer is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", bearer);
            }
        };

        Task<Answer> SendAsync(ChatClient caller, HttpMethod method, string path, object? body = null) => caller.SendToAsync(node.Address, method, path, body);

        async Task<Answer> ExpectAsync(ChatClient caller, HttpMethod method, string path, int status) => (await SendAsync(caller, method, path)).Expect((HttpStatusCode)status);

        async Task CountsAsync(string reason, Func<Task<Answer>> act)
        {
            var before = counted.Of(reason);
            var answer = await act();
            Assert.True(counted.Of(reason) == before + 1, $"{reason} was counted {counted.Of(reason) - before} times: {(int)answer.Status} {answer.Body?.ToJsonString()}");
        }
    }

    [Fact]
    public void A_flood_is_one_line_a_second_that_says_how_many_there_were()
    {
        using var logs = new EverythingLogged();
        using var loggers = new LoggerFactory([logs]);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var events = new SecurityEvents(new ChatMetrics(services.GetRequiredService<IMeterFactory>()), time, loggers.CreateLogger<SecurityEvents>());

        for (var second = 0; second < 3; second++)
        {
            for (var i = 0; i < 100; i++)
            {
                events.Note("role");
            }

            events.Note("limit");
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(6, logs.Lines.Count);
        Assert.Equal(2, logs.Lines.Count(line => line.Text.Contains("role; 99 more", StringComparison.Ordinal)));
    }

    private sealed class Counted : IDisposable
    {
        private readonly MeterListener listener;
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> counts = new();

        public Counted(IMeterFactory meters)
        {
            listener = new MeterListener
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (instrument.Name == "chat.security.events" && instrument.Meter.Scope == meters)
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
            };
            listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counts.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value));
            listener.Start();
        }

        public long Of(string reason) => counts.GetValueOrDefault(reason);

        public void Dispose() => listener.Dispose();
    }
}
