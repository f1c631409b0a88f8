using System.Security.Claims;
using System.Security.Cryptography;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Bearer tokens that were found good are not checked again at each call, and yet are refused as soon as they must be.</summary>
public sealed class CheckedTokensTests(ChatNodes shared)
{
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30), ASecond = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private int checks;

    [Fact]
    public async Task A_token_is_checked_once_and_refused_when_it_has_expired()
    {
        await using var nodes = await StartAsync();
        var token = Token(nodes, minutes: 10);

        await nodes.TakesAsync(token);
        await TakesAgainAsync(nodes, token);
        Assert.Equal(1, checks);

        time.Advance(TimeSpan.FromMinutes(10) + Skew - ASecond);
        await TakesAgainAsync(nodes, token);
        Assert.Equal(1, checks);

        time.Advance(ASecond + ASecond);
        await nodes.RefusesAsync(token);
    }

    [Fact]
    public async Task A_token_that_lasts_for_ages_is_checked_again_after_an_hour()
    {
        await using var nodes = await StartAsync();
        var token = Made(nodes, jwt => jwt.Claims["exp"] = 253_402_300_799);
        await nodes.TakesAsync(token);

        time.Advance(TimeSpan.FromHours(1));

        await TakesAgainAsync(nodes, token);
        Assert.Equal(2, checks);
    }

    [Fact]
    public async Task The_same_token_is_refused_once_the_key_that_signed_it_is_withdrawn()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        var token = node.Issuer.Issue(ChatClient.NewId("user"));
        await node.Nodes.TakesAsync(token);
        using var next = RSA.Create(2048);
        node.Issuer.Published.Clear();
        node.Issuer.Publish("next", next);
        await TakesAgainAsync(node.Nodes, token);

        node.Time.Advance(IssuerKeys.KeptFor + ASecond);

        await node.Nodes.RefusesAsync(token);
    }

    [Fact]
    public async Task The_same_token_goes_on_while_its_key_is_published_or_the_issuer_is_away()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        var token = node.Issuer.Issue(ChatClient.NewId("user"));
        await node.Nodes.TakesAsync(token);

        node.Time.Advance(IssuerKeys.KeptFor + ASecond);
        await TakesAgainAsync(node.Nodes, token);
        await node.Issuer.StopAsync();
        node.Time.Advance(IssuerKeys.KeptFor + ASecond);

        await TakesAgainAsync(node.Nodes, token);
    }

    [Fact]
    public async Task What_only_looks_like_a_good_token_is_refused_though_that_one_is_known()
    {
        await using var nodes = await StartAsync();
        var (good, other) = (Token(nodes), Token(nodes));
        await nodes.TakesAsync(good);
        var (parts, others) = (good.Split('.'), other.Split('.'));
        // The last of 43 characters has two bits that say nothing.
        var last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".IndexOf(good[^1], StringComparison.Ordinal);

        foreach (var odd in new[]
        {
            $"{parts[0]}.{others[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}.{others[2]}", $"{parts[0]}.{parts[1]}.", good[..^1], good + "A", good + "=", good + ".",
            good[..^1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1], $"{good} {other}", $"{good},{other}", $"{good}, Bearer {good}",
            good.ToUpperInvariant(), $"{good[..5]} {good[5..]}",
        })
        {
            await nodes.RefusesAsync(odd);
        }

        foreach (var scheme in new[] { "Basic", "Token", "DPoP" })
        {
            // No bearer token at all, and so a visitor without credentials.
            var answer = await ChatClient.Anonymous(nodes).SendAsync(
                HttpMethod.Get, "chat/history", null, request => request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {good}"));
            answer.ExpectProblem(404, "session_not_found");
        }

        await TakesAgainAsync(nodes, good);
    }

    [Fact]
    public async Task Each_of_many_tokens_names_its_own_account_every_time()
    {
        await using var nodes = await StartAsync();
        var tokens = Enumerable.Range(0, 20).Select(_ => Token(nodes)).ToArray();
        var sessions = await Task.WhenAll(tokens.Select(SessionAsync));

        Assert.Equal(tokens.Length, sessions.Distinct().Count());
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(sessions, await Task.WhenAll(tokens.Select(SessionAsync)));
        }

        Assert.Equal(tokens.Length, checks);

        async Task<string?> SessionAsync(string token) => (string?)(await nodes.OpenAsync(token))["sessionId"];
    }

    [Fact]
    public async Task Roles_come_with_the_token_and_stay_with_it()
    {
        await using var nodes = await StartAsync();
        var user = ChatClient.NewId("user");
        var (plain, raised) = (Made(nodes, _ => { }, user), Made(nodes, jwt => jwt.Claims["role"] = "operator", user));

        for (var round = 0; round < 3; round++)
        {
            (await CallsAsync(plain)).ExpectProblem(403, "forbidden");
            (await CallsAsync(raised)).Expect(System.Net.HttpStatusCode.OK);
        }

        Assert.Equal(2, checks);

        Task<Answer> CallsAsync(string token) => ChatClient.Anonymous(nodes).SendAsync(
            HttpMethod.Get, "operator/calls", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token));
    }

    [Fact]
    public void No_more_are_kept_than_there_is_room_for()
    {
        using var tokens = new CheckedTokens(time);
        var (key, identity) = (new SymmetricSecurityKey(new byte[32]), new ClaimsIdentity([new Claim("sub", "user")], "test"));

        for (var i = 0; i < CheckedTokens.Most + 500; i++)
        {
            tokens.Note($"token-{i}", identity, key, time.GetUtcNow().UtcDateTime.AddMinutes(1), Skew);
        }

        Assert.InRange(tokens.Count, 1, CheckedTokens.Most);
    }

    [Fact]
    public void Callers_cannot_change_what_is_kept()
    {
        using var tokens = new CheckedTokens(time);
        var given = new ClaimsIdentity([new Claim("sub", "user")], "test");
        tokens.Note("token", given, new SymmetricSecurityKey(new byte[32]), time.GetUtcNow().UtcDateTime.AddMinutes(1), Skew);

        given.AddClaim(new Claim("role", "supervisor"));
        tokens.Find("token")!.Value.Principal.AddIdentity(new ClaimsIdentity([new Claim("role", "supervisor")], "test"));

        Assert.Equal(["sub"], tokens.Find("token")!.Value.Principal.Claims.Select(claim => claim.Type));
    }

    private static async Task TakesAgainAsync(ChatNodes nodes, string token) =>
        Assert.Equal("account", (string?)(await nodes.OpenAsync(token)).Expect(System.Net.HttpStatusCode.OK)["visitor"]!["kind"]);

    /// <summary>One node, whose tokens expire by the clock of the test, and that counts how often it checks one.</summary>
    private Task<ChatNodes> StartAsync() => ChatNodes.StartAsync(shared.Redis.Configuration, 1, null, services =>
    {
        services.AddSingleton(_ => new CheckedTokens(time));
        services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, o => o.TokenValidationParameters.LifetimeValidator = (_, expires, _, _) =>
        {
            Interlocked.Increment(ref checks);
            return expires >= time.GetUtcNow().UtcDateTime - Skew;
        });
    });

    private string Token(ChatNodes nodes, int minutes = 60) =>
        Made(nodes, jwt => jwt.Claims["exp"] = time.GetUtcNow().AddMinutes(minutes).ToUnixTimeSeconds());

    private static string Made(ChatNodes nodes, Action<HandmadeJwt> change, string? user = null)
    {
        var jwt = new HandmadeJwt(nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!, user ?? ChatClient.NewId("user"));
        change(jwt);
        return jwt.WithSignature();
    }
}
