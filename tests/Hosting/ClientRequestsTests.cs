using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>How many requests a node serves the anonymous visitors of one address, in however many sessions.</summary>
public sealed class ClientRequestsTests(ChatNodes nodes)
{
    private const int PerMinute = 100;

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly string address = LimitedNodes.NewAddress();

    [Fact]
    public async Task An_address_has_its_number_over_all_its_sessions_and_calls_while_accounts_operators_and_other_addresses_go_on()
    {
        await using var one = await StartAsync(PerMinute);
        var (first, second, account) = (ChatClient.Anonymous(one), ChatClient.Anonymous(one), ChatClient.Account(one, ChatClient.NewId("user")));
        foreach (var visitor in (ChatClient[])[first, second, account])
        {
            visitor.SessionToken = (string?)(await visitor.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created)["token"];
        }

        for (var left = PerMinute - 2; left > 0; left--)
        {
            var (method, path) = Calls[left % Calls.Length];
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await SendAsync(left % 2 == 0 ? first : second, method, path)).Status);
        }

        foreach (var (method, path) in Calls)
        {
            Assert.Equal(1, LimitedNodes.RetryAfter(await SendAsync(first, method, path)));
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await SendAsync(account, method, path)).Status);
        }

        (await ChatClient.Operator(one).FromAsync(address, HttpMethod.Get, "operator/calls")).Expect(HttpStatusCode.OK);
        (await second.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Get, "chat/poll?after=0-0")).Expect(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromMinutes(1) / PerMinute);
        (await second.FromAsync(address, HttpMethod.Get, "chat/poll?after=0-0")).Expect(HttpStatusCode.OK);
        Assert.Equal(1, LimitedNodes.RetryAfter(await second.FromAsync(address, HttpMethod.Get, "chat/poll?after=0-0")));
    }

    [Fact]
    public async Task Zero_switches_it_off()
    {
        await using var one = await StartAsync(0);
        for (var i = 0; i < 2 * PerMinute; i++)
        {
            (await ChatClient.Anonymous(one).FromAsync(address, HttpMethod.Get, "chat/availability")).Expect(HttpStatusCode.OK);
        }
    }

    /// <summary>Of every kind: what is answered before authentication, reads, writes, and what needs no session.</summary>
    private static readonly (HttpMethod Method, string Path)[] Calls =
    [
        (HttpMethod.Get, "chat/poll?after=0-0"), (HttpMethod.Get, "chat/poll?limit=5"), (HttpMethod.Get, "chat/history"), (HttpMethod.Post, "chat/typing"), (HttpMethod.Post, "chat/read"),
        (HttpMethod.Post, "chat/message"), (HttpMethod.Post, "chat/session"), (HttpMethod.Get, "chat/availability"),
    ];

    private Task<Answer> SendAsync(ChatClient caller, HttpMethod method, string path) => caller.FromAsync(
        address, method, path, method == HttpMethod.Post ? JsonContent.Create(new { text = "Hello", isTyping = true, upTo = "1-0" }) : null);

    private Task<ChatNodes> StartAsync(int requests) => ChatNodes.StartAsync(
        nodes.Redis.Configuration,
        count: 1,
        new Dictionary<string, string> { ["ReverseProxy:KnownProxies:0"] = "127.0.0.1", ["Chat:Limits:RequestsPerMinutePerIp"] = $"{requests}" },
        services => services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientLimits>(provider, time)));
}
