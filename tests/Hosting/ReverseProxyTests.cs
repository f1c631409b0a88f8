using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Who the client is behind reverse proxies. The tests' own address, 127.0.0.1, is that of the nearest one.</summary>
public sealed class ReverseProxyTests(ChatNodes nodes)
{
    /// <summary>Known proxies (comma separated), X-Forwarded-For, X-Forwarded-Proto; then who the client is and how it came.</summary>
    public static TheoryData<string, string?, string?, string> Chains => new()
    {
        { "127.0.0.1", "203.0.113.7", "https", "203.0.113.7 https" },
        { "127.0.0.0/8", "203.0.113.7", "https", "203.0.113.7 https" },
        { "127.0.0.1", "203.0.113.7:4711", null, "203.0.113.7 http" },
        { "127.0.0.1", null, "https", "127.0.0.1 https" },
        { "127.0.0.1", null, null, "127.0.0.1 http" },
        { "127.0.0.1", "2001:db8::7", "https", "2001:db8::7 https" },
        { "127.0.0.1", "[2001:db8::7]:4711", "https", "2001:db8::7 https" },
        // Several hops: from the right as far as they are known.
        { "127.0.0.1,10.0.0.0/24", "203.0.113.7, 10.0.0.5", "https, http", "203.0.113.7 https" },
        { "127.0.0.1,10.0.0.0/24", "203.0.113.7, 10.0.0.5, 10.0.0.6", "https, http, http", "203.0.113.7 https" },
        { "127.0.0.1,2001:db8:1::/48", "203.0.113.7, 2001:db8:1::5", "https, http", "203.0.113.7 https" },
        { "127.0.0.1", "203.0.113.7, 10.0.0.5", "https, http", "10.0.0.5 http" },
        { "127.0.0.1,10.0.0.0/24", "203.0.113.7, 10.0.1.5", "https, http", "10.0.1.5 http" },
        // What the client wrote itself stands left of what the proxy added.
        { "127.0.0.1", "198.51.100.1, 203.0.113.7", "https", "203.0.113.7 https" },
        { "127.0.0.1,10.0.0.0/24", "10.0.0.9, 198.51.100.1, 203.0.113.7, 10.0.0.5", "http", "203.0.113.7 http" },
        { "127.0.0.1", "127.0.0.1, 203.0.113.7", "https, http", "203.0.113.7 http" },
        { "127.0.0.1", "nonsense, 203.0.113.7", null, "203.0.113.7 http" },
        // Nothing that can be understood is nothing.
        { "127.0.0.1", "nonsense", null, "127.0.0.1 http" },
        { "127.0.0.1", "203.0.113.7, nonsense", null, "127.0.0.1 http" },
        { "127.0.0.1", "203.0.113.7, ", null, "203.0.113.7 http" },
        { "127.0.0.1", "203.0.113.7", "https\tx", "203.0.113.7 http" },
        // Whom the setting does not name is not believed.
        { "10.0.0.0/24", "203.0.113.7", "https", "127.0.0.1 http" },
        { "127.0.0.2", "203.0.113.7", "https", "127.0.0.1 http" },
        { "::1", "203.0.113.7", "https", "127.0.0.1 http" },
        { "", "203.0.113.7", "https", "127.0.0.1 http" },
        { "", "127.0.0.1", "https", "127.0.0.1 http" },
        { "", "::1", "https", "127.0.0.1 http" },
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public async Task The_client_is_whom_the_known_proxies_name(string known, string? forwardedFor, string? proto, string expected)
    {
        await using var own = await StartAsync(known);

        Assert.Equal(expected, await SeenAsync(own, Lines(forwardedFor, proto)));
    }

    [Fact]
    public async Task A_header_that_comes_twice_is_one_list()
    {
        await using var own = await StartAsync("127.0.0.1");

        Assert.Equal("203.0.113.7 http", await SeenAsync(own, "X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"));
        Assert.Equal("203.0.113.7 http", await SeenAsync(own, "X-Forwarded-For: 198.51.100.1", "x-forwarded-for: 203.0.113.7"));
    }

    [Theory]
    [InlineData("Forwarded: for=203.0.113.7;proto=https")]
    [InlineData("X-Real-IP: 203.0.113.7")]
    [InlineData("X-Original-For: 203.0.113.7")]
    [InlineData("X-Forwarded-Host: evil.example")]
    [InlineData("X-Forwarded-Prefix: /evil")]
    public async Task No_other_header_says_who_the_client_is(string line)
    {
        await using var own = await StartAsync("127.0.0.1");

        Assert.Equal("127.0.0.1 http", await SeenAsync(own, line));
    }

    [Theory]
    [InlineData("", "127.0.0.1 http")]
    [InlineData("10.0.0.0/24", "127.0.0.1 http")]
    [InlineData("127.0.0.1", "203.0.113.7 https")]
    public async Task The_switch_of_the_framework_that_believes_everybody_is_without_effect(string known, string expected)
    {
        var settings = Known(known);
        settings["ForwardedHeaders_Enabled"] = "true"; // as ASPNETCORE_FORWARDEDHEADERS_ENABLED is read
        await using var own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, settings, Watch.Add);

        Assert.Equal(expected, await SeenAsync(own, Lines("198.51.100.1, 203.0.113.7", "https")));
    }

    [Fact]
    public async Task Nobody_escapes_the_limits_by_claiming_to_be_somebody_else()
    {
        var settings = Known("127.0.0.1");
        settings["Chat:Limits:SessionsPerMinutePerIp"] = "1";
        await using var own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, settings);
        var browser = new Browser(own.Addresses[0]);
        var client = new IPAddress([0x20, 0x01, 0x0d, 0xb8, .. Guid.NewGuid().ToByteArray()[..12]]).ToString();

        (await browser.SendAsync("POST chat/session", ("X-Forwarded-For", client))).Expect(HttpStatusCode.Created);
        foreach (var claim in (string[])["198.51.100.1, ", "127.0.0.1, ", "2001:db8::1, ", "nonsense, ", ", "])
        {
            (await browser.SendAsync("POST chat/session", ("X-Forwarded-For", claim + client))).ExpectProblem(429, "rate_limited");
        }
    }

    private static Dictionary<string, string> Known(string proxies) =>
        proxies.Split(',', StringSplitOptions.RemoveEmptyEntries).Index().ToDictionary(proxy => $"ReverseProxy:KnownProxies:{proxy.Index}", proxy => proxy.Item);

    private static string[] Lines(string? forwardedFor, string? proto) =>
        [.. forwardedFor is null ? Array.Empty<string>() : [$"X-Forwarded-For: {forwardedFor}"], .. proto is null ? Array.Empty<string>() : [$"X-Forwarded-Proto: {proto}"]];

    private Task<ChatNodes> StartAsync(string known) => ChatNodes.StartAsync(nodes.Redis.Configuration, 1, Known(known), Watch.Add);

    /// <summary>Whom the service takes for the client, and by which scheme.</summary>
    private static async Task<string> SeenAsync(ChatNodes own, params string[] lines)
    {
        var head = await new Browser(own.Addresses[0]).SendLinesAsync(["GET /health/live HTTP/1.1", "Host: chat.example", .. lines]);
        Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
        return Assert.Single(head.Split("\r\n"), line => line.StartsWith(Watch.Header, StringComparison.Ordinal))[(Watch.Header.Length + 2)..];
    }

    /// <summary>Tells in a header of the answer whom the service takes for the client.</summary>
    private sealed class Watch : IStartupFilter
    {
        public const string Header = "X-Seen";

        public static void Add(IServiceCollection services) => services.AddTransient<IStartupFilter, Watch>();

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(static (http, next) =>
            {
                http.Response.OnStarting(() =>
                {
                    http.Response.Headers[Header] = $"{http.Connection.RemoteIpAddress} {http.Request.Scheme}";
                    return Task.CompletedTask;
                });
                return next(http);
            });
            next(app);
        };
    }
}
