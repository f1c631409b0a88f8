using System.Security.Cryptography;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tokens signed with keys that an OIDC issuer publishes: how the keys come, change and go.</summary>
public sealed class IssuerKeysTests(ChatNodes shared)
{
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(1);
    private readonly string user = ChatClient.NewId("user");

    [Fact]
    public async Task A_new_key_is_taken_without_a_restart_at_the_first_token_that_names_it()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        using var next = RSA.Create(2048);
        var token = node.Issuer.Issue(ChatClient.NewId("user"), "next", next);
        node.Time.Advance(IssuerKeys.AskedAgainAfter);
        node.Issuer.Publish("next", next);

        await node.Nodes.TakesAsync(token);
        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user")));
    }

    [Fact]
    public async Task A_withdrawn_key_is_refused_once_the_keys_are_old()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        using var next = RSA.Create(2048);
        node.Issuer.Published.Clear();
        node.Issuer.Publish("next", next);

        node.Time.Advance(IssuerKeys.KeptFor + AMoment);

        await node.Nodes.RefusesAsync(node.Issuer.Issue(user));
        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user"), "next", next));
    }

    [Fact]
    public async Task Keys_that_are_not_known_have_the_issuer_asked_once_however_many_tokens_name_them()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        Assert.Equal(["/.well-known/openid-configuration", "/keys"], node.Issuer.Requests);
        using var foreign = RSA.Create(2048);

        for (var round = 1; round <= 3; round++)
        {
            node.Time.Advance(IssuerKeys.AskedAgainAfter);
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => node.Nodes.RefusesAsync(node.Issuer.Issue(user, $"unknown-{i}", foreign))));

            Assert.Equal(2 + (2 * round), node.Issuer.Requests.Count);
        }
    }

    [Fact]
    public async Task While_the_issuer_is_away_at_the_start_tokens_are_to_try_again_and_later_they_are_taken()
    {
        await using var node = await IssuerNodes.StartAsync(shared, isAway: true);
        var token = node.Issuer.Issue(user);

        var refused = await node.OpenAsync(token);
        Assert.Equal("5", Assert.Single(refused.ExpectProblem(503, "identity_unavailable").Headers["Retry-After"]));
        await node.Issuer.StartAsync();
        (await node.OpenAsync(token)).ExpectProblem(503, "identity_unavailable");
        Assert.Empty(node.Issuer.Requests);
        await node.Nodes.RefusesAsync("garbage");
        node.Time.Advance(IssuerKeys.AskedAgainAfter);

        await node.Nodes.TakesAsync(token);
    }

    [Fact]
    public async Task Known_keys_go_on_being_used_while_the_issuer_is_away_and_unknown_ones_are_to_try_again()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        await node.Issuer.StopAsync();
        using var next = RSA.Create(2048);
        var token = node.Issuer.Issue(ChatClient.NewId("user"), "next", next);

        node.Time.Advance(TimeSpan.FromHours(24));

        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user")));
        (await node.OpenAsync(token)).ExpectProblem(503, "identity_unavailable");
        node.Issuer.Publish("next", next);
        await node.Issuer.StartAsync();
        node.Time.Advance(IssuerKeys.AskedAgainAfter);
        await node.Nodes.TakesAsync(token);
    }

    [Fact]
    public async Task A_slow_issuer_is_waited_for_once_and_not_long()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        var asked = new TaskCompletionSource();
        node.Issuer.Before = http =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        var tokens = Enumerable.Range(0, 20).Select(_ => node.Issuer.Issue(user)).ToList();

        var answers = tokens.Select(node.OpenAsync).ToList();
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        node.Time.Advance(IssuerKeys.Patience);

        Assert.All(await Task.WhenAll(answers), answer => answer.ExpectProblem(503, "identity_unavailable"));
        Assert.Single(node.Issuer.Requests);
    }

    [Fact]
    public async Task Good_tokens_do_not_wait_for_an_issuer_that_has_just_failed()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        node.Issuer.Before = http => Fails(http);
        node.Time.Advance(IssuerKeys.KeptFor + AMoment);
        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user")));
        node.Issuer.Before = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
        node.Time.Advance(IssuerKeys.AskedAgainAfter);

        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user")));

        static Task Fails(HttpContext http)
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("no keys", "{}")]
    [InlineData("an empty list", """{"keys": []}""")]
    [InlineData("no JSON", "<html>")]
    [InlineData("keys over plain http", """{"jwks_uri": "http://127.0.0.1:1/keys"}""")]
    [InlineData("larger than any", null)]
    public async Task Nonsense_from_the_issuer_leaves_the_known_keys_as_they_are(string what, string? document)
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        await node.Nodes.TakesAsync(node.Issuer.Issue(user));
        node.Issuer.Before = http => http.Request.Path == "/keys" || what.Contains("http", StringComparison.Ordinal)
            ? http.Response.WriteAsync(document ?? new string(' ', IssuerKeys.MostBytes + 1))
            : Task.CompletedTask;

        node.Time.Advance(IssuerKeys.KeptFor + AMoment);

        await node.Nodes.TakesAsync(node.Issuer.Issue(ChatClient.NewId("user")));
    }

    [Fact]
    public async Task A_weak_key_is_not_taken_though_the_issuer_publishes_it()
    {
        await using var node = await IssuerNodes.StartAsync(shared);
        using var weak = RSA.Create(1024);
        node.Issuer.Publish("weak", weak);

        await node.Nodes.RefusesAsync(node.Issuer.Issue(user, "weak", weak));
    }
}
