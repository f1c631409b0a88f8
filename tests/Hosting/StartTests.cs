using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The service as a process of its own, started with settings that it must not start with.</summary>
public sealed class StartTests
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    /// <summary>Each a start in Development that would succeed but for this one setting.</summary>
    public static TheoryData<string, string, string> WrongSettings => new()
    {
        { "Chat__OperatorLeaseSeconds", "1", "5 to 3600" },
        { "Chat__OperatorLeaseSeconds", "abc", "whole number" },
        { "Chat__Departments__0", "Bad Name", "a-z" },
        { "Chat__Limits__EntriesPerSession", "3", "10 to 1000000" },
        { "Chat__Retention__IdleHours", "-1", "0.01 to 8760" },
        { "Jwt__SigningKey", "short", "32 bytes" },
        { "Jwt__Issuer", "", "set" },
        { "Redis__Configuration", "127.0.0.1:6379,colour=green", "connection string" },
        { "Redis__TrustedIssuer", "nowhere.pem", "PEM file" },
        { "Redis__TrustedIssuer", Path.Combine(ArchitectureTests.Root, "README.md"), "PEM file" },
        { "Redis__TrustedIssuer", "nowhere.pem", "ssl=true" },
        { "Chat__Limits__MessagesPerMinute", "-1", "0 to 100000" },
        { "Chat__Limits__PollsPerMinute", "100001", "0 to 100000" },
        { "Chat__Limits__SessionsPerMinutePerIp", "-1", "0 to 100000" },
        { "Chat__Limits__FailuresPerMinutePerIp", "100001", "0 to 100000" },
        { "Chat__Limits__FailuresPerMinutePerIp", "many", "whole number" },
        { "Chat__Limits__PollsPerMinute", "99999999999", "whole number" },
        { "Server__MaxConnections", "0", "1 to " },
        { "Server__MaxConnections", "-5", "1 to " },
        { "Server__MaxConnections", "99999999999999999999", "whole number" },
        { "Server__MaxConnections", "", "whole number" },
        { "Server__MaxConnectionsPerIp", "-1", "0 to 1000000" },
        { "Server__MaxConnectionsPerIp", "1000001", "0 to 1000000" },
        { "Server__MaxConnectionsPerIp", "many", "whole number" },
        { "Chat__Limits__MessagesPerMinutePerIp", "-1", "0 to 100000" },
        { "Chat__Limits__RequestsPerMinutePerIp", "99", "100 to 10000000" },
        { "Chat__Limits__BytesPerHourPerIp", "99999", "100000 to" },
        { "Chat__Anonymous", "closed", "open, limited or off" },
        { "Chat__Memory__SessionsBelow", "0.95", "no larger" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public async Task A_wrong_setting_is_named_with_what_it_must_be(string setting, string value, string mustBe)
    {
        var sentence = await RefusalAsync(new() { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["Redis__Configuration"] = "127.0.0.1:1", [setting] = value });

        // A sentence on several settings names those of a section as "Chat__Limits__A and __B".
        var name = setting.Split("__0")[0];
        var last = name.LastIndexOf("__", StringComparison.Ordinal);
        Assert.Contains(name[..last], sentence, StringComparison.Ordinal);
        Assert.Contains(name[last..], sentence, StringComparison.Ordinal);
        Assert.Contains(mustBe, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example/chat")]
    [InlineData("https://shop.example?x")]
    [InlineData("https://shop.example#x")]
    [InlineData("https://*.shop.example")]
    [InlineData("https://*")]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("https://Shop.example")]
    [InlineData("HTTPS://shop.example")]
    [InlineData("shop.example")]
    [InlineData("//shop.example")]
    [InlineData("ftp://shop.example")]
    [InlineData("https://shop.example:443")]
    [InlineData("https://shop.example:0443")]
    [InlineData("https://shop.example:99999")]
    [InlineData("https://me@shop.example")]
    [InlineData("https://b\u00fccher.example")]
    [InlineData("https://shop example")]
    [InlineData("https://a.example,https://b.example")]
    [InlineData("https://a.example https://b.example")]
    [InlineData(" https://shop.example")]
    [InlineData("https://")]
    [InlineData("")]
    public async Task An_allowed_origin_is_written_as_browsers_write_it(string origin)
    {
        var sentence = await RefusalAsync(new() { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["Redis__Configuration"] = "127.0.0.1:1", ["Chat__AllowedOrigins__0"] = origin });

        Assert.Contains("Chat__AllowedOrigins", sentence, StringComparison.Ordinal);
        Assert.Contains("https://www.example.com", sentence, StringComparison.Ordinal);
        Assert.Contains($"'{origin}'", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_lets_no_site_in_that_anybody_on_the_way_could_act_as() =>
        Assert.Contains("https outside Development", await RefusalAsync(Production(("Chat__AllowedOrigins__0", "https://shop.example"), ("Chat__AllowedOrigins__1", "http://shop.example"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1/24")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0-10.0.0.9")]
    [InlineData("10.0.0.1:80")]
    [InlineData("10.0.0.1,10.0.0.2")]
    [InlineData("10")]
    [InlineData("10.1")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData(" 10.0.0.1")]
    [InlineData("*")]
    [InlineData("")]
    public async Task A_known_proxy_is_an_address_or_a_network_that_can_be_taken_in_one_way_only(string proxy)
    {
        var sentence = await RefusalAsync(new() { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["Redis__Configuration"] = "127.0.0.1:1", ["ReverseProxy__KnownProxies__0"] = proxy });

        Assert.Contains("ReverseProxy__KnownProxies", sentence, StringComparison.Ordinal);
        Assert.Contains("10.0.0.0/24", sentence, StringComparison.Ordinal);
        Assert.Contains($"'{proxy}'", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_needs_a_redis() =>
        Assert.Contains("Redis__Configuration", await RefusalAsync(Production(("Redis__Configuration", null))), StringComparison.Ordinal);

    [Fact]
    public async Task Production_needs_a_way_to_check_bearer_tokens()
    {
        var sentence = await RefusalAsync(Production(("Jwt__SigningKey", null)));

        Assert.Contains("Jwt__Authority", sentence, StringComparison.Ordinal);
        Assert.Contains("Jwt__SigningKey", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_refuses_the_key_that_everybody_knows()
    {
        var sentence = await RefusalAsync(Production(("Jwt__SigningKey", "intotes-development-signing-key-not-for-production")));

        Assert.Contains("Jwt__SigningKey", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("intotes-development", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Jwt__SigningKey", "0123401234012340123401234012340123401234", "random")]
    [InlineData("Jwt__FormerSigningKey", "short", "32 bytes")]
    [InlineData("Jwt__FormerSigningKey", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "random")]
    [InlineData("Jwt__FormerSigningKey", "intotes-development-signing-key-not-for-production", "development key")]
    [InlineData("Platform__ApiKey", "intotes-development-platform-key", "development key")]
    [InlineData("Platform__ApiKey", "fifteen bytes..", "16 random bytes")]
    [InlineData("Platform__ApiKey", "aaaaaaaaaaaaaaaa", "16 random bytes")]
    [InlineData("Platform__BaseUrl", "http://platform.example/api", "https outside Development")]
    [InlineData("Platform__InboundKey", "aaaaaaaaaaaaaaaa", "16 random bytes")]
    [InlineData("Jwt__SigningKey", "password1234password1234password1234", "random")]
    public async Task Production_refuses_secrets_that_are_weak_or_known_without_repeating_them(string setting, string value, string why)
    {
        var sentence = await RefusalAsync(Production((setting, value)));

        Assert.Contains(setting, sentence, StringComparison.Ordinal);
        Assert.Contains(why, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(value, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_former_key_does_not_go_with_an_issuer()
    {
        var sentence = await RefusalAsync(Production(
            ("Jwt__SigningKey", null), ("Jwt__Authority", "https://id.example"), ("Jwt__FormerSigningKey", "q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ3oRi6tVxB0k=")));

        Assert.Contains("Jwt__FormerSigningKey", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_fetched_over_https_only() =>
        Assert.Contains("Jwt__Authority", await RefusalAsync(Production(("Jwt__SigningKey", null), ("Jwt__Authority", "http://id.example"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("http://192.0.2.1:5080", "this machine")]
    [InlineData("http://127.0.0.1:{taken}", "127.0.0.1:{taken}")]
    public async Task An_address_where_it_cannot_listen_is_named(string address, string why)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = $"{((IPEndPoint)other.LocalEndpoint).Port}";

        var sentence = await RefusalAsync(Production(("ASPNETCORE_URLS", address.Replace("{taken}", taken, StringComparison.Ordinal))), kestrelSaysWhy: true);

        Assert.Contains("ASPNETCORE_URLS", sentence, StringComparison.Ordinal);
        Assert.Contains(why.Replace("{taken}", taken, StringComparison.Ordinal), sentence, StringComparison.Ordinal);
    }

    /// <summary>Settings that Production starts with, but for these changes.</summary>
    private static Dictionary<string, string?> Production(params (string Setting, string? Value)[] changes)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Redis__Configuration"] = "127.0.0.1:1",
            ["Jwt__SigningKey"] = "q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ3oRi6tVxB0k=",
            ["Jwt__Issuer"] = "intotes",
            ["Jwt__Audience"] = "intotes-chat",
        };
        foreach (var (setting, value) in changes)
        {
            settings[setting] = value;
        }

        return settings;
    }

    /// <summary>Starts the service and returns the one sentence with which it refuses.</summary>
    internal static async Task<string> RefusalAsync(Dictionary<string, string?> settings, bool kestrelSaysWhy = false)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (setting, value) in settings)
        {
            start.Environment[setting] = value;
        }

        using var service = Process.Start(start)!;
        try
        {
            using var patience = new CancellationTokenSource(EndsWithin);
            var (output, error) = (service.StandardOutput.ReadToEndAsync(patience.Token), service.StandardError.ReadToEndAsync(patience.Token));
            await service.WaitForExitAsync(patience.Token);

            Assert.True(kestrelSaysWhy || !(await output).Contains("   at ", StringComparison.Ordinal), await output);
            var lines = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(lines.Length == 1 && service.ExitCode == 1, $"It ended with {service.ExitCode}: {await error}");
            foreach (var inside in (string[])["   at ", "Exception", "System.", "DataAnnotation"])
            {
                Assert.DoesNotContain(inside, lines[0], StringComparison.Ordinal);
            }

            return lines[0];
        }
        finally
        {
            if (!service.HasExited)
            {
                service.Kill();
            }
        }
    }
}
