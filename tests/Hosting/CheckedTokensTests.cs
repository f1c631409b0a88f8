using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Bearer tokens that need not be checked again.</summary>
public sealed class CheckedTokensTests(ChatNodes shared)
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly SymmetricSecurityKey key = new(new byte[32]);

    [Fact]
    public void One_is_recalled_with_its_claims_and_key_until_it_ends()
    {
        using var tokens = new CheckedTokens(time);
        var identity = new CaseSensitiveClaimsIdentity([new Claim("sub", "user"), new Claim("role", "operator")], "Bearer", "name", "role");
        tokens.Note("token", identity, key, time.GetUtcNow().AddMinutes(1));

        Assert.Null(tokens.Find("Token"));
        var (principal, by) = Assert.NotNull(tokens.Find("token"));
        Assert.Same(key, by);
        Assert.Equal("user", principal.FindFirst("sub")?.Value);
        Assert.True(principal.IsInRole("operator"));
        // By another spelling of the claim nobody becomes somebody; and the library's identity, which holds the token, is not kept.
        Assert.Null(principal.FindFirst("SUB"));
        Assert.NotSame(identity, principal.Identity);

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(tokens.Find("token"));
    }

    [Fact]
    public async Task One_that_was_taken_before_is_refused_once_its_key_was_withdrawn()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        var token = node.Issuer.Issue(ChatClient.NewId("user"));
        await node.Nodes.TakesAsync(token);
        (await node.Nodes.OpenAsync(token)).Expect(HttpStatusCode.OK);
        using var next = RSA.Create(2048);
        node.Issuer.Published.Clear();
        node.Issuer.Publish("next", next);

        node.Time.Advance(IssuerKeys.KeptFor + TimeSpan.FromMilliseconds(1));

        await node.Nodes.RefusesAsync(token);
    }

    [Fact]
    public async Task One_that_was_taken_before_is_refused_among_several_credentials()
    {
        var token = Jwt.Issue(ChatClient.NewId("user"));
        await shared.TakesAsync(token);

        await shared.RefusesAsync($"{token}, Bearer {token}");
    }
}
