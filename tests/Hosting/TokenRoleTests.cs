using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What a good token says of roles, and what that opens.</summary>
public sealed class TokenRoleTests(ChatNodes nodes)
{
    [Theory]
    [InlineData("""{"role": "operator"}""")]
    [InlineData("""{"role": "supervisor"}""")]
    [InlineData("""{"role": ["customer", "operator"]}""")]
    [InlineData("""{"role": ["operator"], "roles": ["customer"]}""")]
    public async Task The_exact_word_alone_or_in_a_list_makes_an_operator(string claims) =>
        (await CallsAsync(claims)).Expect(HttpStatusCode.OK);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"role": null}""")]
    [InlineData("""{"role": "Operator"}""")]
    [InlineData("""{"role": "OPERATOR"}""")]
    [InlineData("""{"role": " operator"}""")]
    [InlineData("""{"role": "operator\u0000"}""")]
    [InlineData("""{"role": "customer,operator"}""")]
    [InlineData("""{"role": "customer operator"}""")]
    [InlineData("""{"role": "[\"operator\"]"}""")]
    [InlineData("""{"role": [["operator"]]}""")]
    [InlineData("""{"role": [{"role": "operator"}]}""")]
    [InlineData("""{"role": {"operator": true}}""")]
    [InlineData("""{"role": {"role": "operator"}}""")]
    [InlineData("""{"roles": "operator"}""")]
    [InlineData("""{"roles": ["operator"]}""")]
    [InlineData("""{"Role": "operator"}""")]
    [InlineData("""{"http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "operator"}""")]
    [InlineData("""{"realm_access": {"roles": ["operator"]}}""")]
    [InlineData("""{"scope": "operator"}""")]
    [InlineData("""{"role": true, "operator": true}""")]
    public async Task Nothing_else_does_and_the_caller_is_a_customer(string claims)
    {
        (await CallsAsync(claims)).ExpectProblem(403, "forbidden");
        await nodes.TakesAsync(Token(claims));
    }

    private Task<Answer> CallsAsync(string claims) => ChatClient.Anonymous(nodes).SendAsync(
        HttpMethod.Get, "operator/calls", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Token(claims)));

    private static string Token(string claims)
    {
        var token = new HandmadeJwt("intotes-development-signing-key-not-for-production", ChatClient.NewId("user"));
        foreach (var (name, value) in JsonNode.Parse(claims)!.AsObject())
        {
            token.Claims[name] = value?.DeepClone();
        }

        return token.WithSignature();
    }
}
