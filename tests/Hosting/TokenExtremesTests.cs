using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tokens that the platform's key did sign, with numbers, dates and texts at their extremes: every address takes or refuses them in words.</summary>
public sealed class TokenExtremesTests(ChatNodes nodes)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private static readonly string[] Numbers =
    [
        "0", "-1", "-0.0", "1.5", "1e3", "1e11", "1e15", "1e30", "1e308", "-1e308", "1e-308", "1e400", "-1e400", "253402300799", "253402300800", "253402300799.999", "1795355178458",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "8640000000000000000", "0.000000000000000000000000000001", "9999999999.5",
        "99999999999999999999999999999999999999999999999999", "2147483648", "-62135596801", "true", "null", "[1]", "{}", "\"1\"", "\"9999-12-31T23:59:59.9999999Z\"", "\"-1\"", "\"\"",
    ];

    private static readonly string[] Paths =
    [
        "chat/poll?after=0-0", "chat/poll", "chat/events?after=0-0", "chat/events", "chat/history", "chat/session/transcript", "chat/availability",
        "operator/calls", "operator/sessions", "operator/poll", "operator/stats", "operator/operators", "operator/canned-replies",
    ];

    public static TheoryData<string> Claims => ["exp", "nbf", "iat", "auth_time", "updated_at", "name", "sub", "role", "jti", "aud"];

    private byte[] Key => Encoding.UTF8.GetBytes(nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!);

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task No_claim_makes_any_address_fail(string claim)
    {
        var values = claim is "name" or "sub" or "role" ? [.. Numbers, .. Texts] : Numbers;
        foreach (var (value, number) in values.Select((value, number) => (value, number)))
        {
            // Each value with one role, both in turn.
            await AskEverythingAsync(Token(claim, value, number % 2 == 0 ? "customer" : "supervisor"), $"{claim} {value}");
        }
    }

    [Theory]
    [InlineData("1795355178458000")] // an issuer that writes microseconds
    [InlineData("17953551784580")] // milliseconds
    [InlineData("1e11")]
    [InlineData("253402300799")]
    [InlineData("9223372036854775807")]
    public async Task A_token_that_ends_far_ahead_gets_its_events_both_ways(string exp)
    {
        var token = Token("exp", exp, "customer");
        await nodes.TakesAsync(token);

        // The second time the token is known, so that the short cut answers.
        foreach (var path in (string[])["chat/events", "chat/events?after=0-0", "chat/events?after=0-0"])
        {
            Assert.Equal(200, await AskAsync(HttpMethod.Get, path, token));
        }
    }

    [Theory]
    [InlineData("2026-11-30T14:00:00Z")]
    [InlineData("1e5")]
    [InlineData("0001-01-01")]
    public async Task A_user_id_that_looks_like_something_else_is_taken_to_the_letter(string sub)
    {
        var id = $"{sub}";
        var answer = await nodes.OpenAsync(Token("sub", $"\"{id}\"", "customer"));

        Assert.Equal(id, (string?)answer["visitor"]!["userId"]);
    }

    [Fact]
    public async Task A_stream_ends_with_its_token_also_where_that_ends_in_the_middle_of_a_second()
    {
        var soon = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 0.5;
        var token = Token("exp", soon.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture), "customer");
        await nodes.TakesAsync(token);

        var started = TimeProvider.System.GetTimestamp();
        await AskAsync(HttpMethod.Get, "chat/events?wait=600", token, isWhole: true);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "The stream outlived its token.");
    }

    private static IEnumerable<string> Texts =>
    [
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"a\\nb\"", "\"\\u2028\"", "\"\\ufffe\"", $"\"{new string('n', 8000)}\"", "[\"a\",\"b\"]", "[]", "{\"a\":{\"b\":[1e400]}}",
        "\"2026-11-30T14:00:00Z\"", "\"   \"", "\"\\u202e\\u2066\"",
    ];

    private async Task AskEverythingAsync(string token, string what)
    {
        foreach (var (method, path) in Paths.Select(path => (HttpMethod.Get, path)).Prepend((HttpMethod.Post, "chat/session")).Append((HttpMethod.Put, "operator/presence")))
        {
            var status = await AskAsync(method, path, token);
            Assert.True(status < 500, $"{what}: {method} {path} is {status}");
            if (status == 401)
            {
                return; // refused, and so everywhere
            }
        }
    }

    private async Task<int> AskAsync(HttpMethod method, string path, string token, bool isWhole = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(nodes.Addresses[0], "/api/v1/" + path));
        Assert.True(request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token));
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (isWhole)
        {
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }

        return (int)response.StatusCode;
    }

    private string Token(string claim, string value, string role)
    {
        var claims = new HandmadeJwt("", ChatClient.NewId("user")) { Claims = { ["role"] = role } }.Claims;
        claims.Remove(claim);
        return HandmadeJwt.Join("""{"alg":"HS256"}""", claims.ToJsonString()[..^1] + $",\"{claim}\":{value}}}", content => HMACSHA256.HashData(Key, content));
    }
}
