using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tokens that the platform's key did sign, but whose content is odd: each is taken for what it says or refused, never anything else.</summary>
public sealed class OddTokenTests(ChatNodes nodes)
{
    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    private readonly string user = ChatClient.NewId("user");

    private byte[] Key => Encoding.UTF8.GetBytes(nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!);

    [Theory]
    [InlineData("[\"exp\"]")]
    [InlineData("[\"b64\"]")]
    [InlineData("[\"http://example.com/UNDEFINED\"]")]
    [InlineData("[]")]
    [InlineData("\"exp\"")]
    [InlineData("null")]
    public Task An_extension_that_must_be_understood_is_refused(string critical) =>
        nodes.RefusesAsync(Signed($$"""{"alg":"HS256","crit":{{critical}},"b64":true,"exp":{{Now + 60}},"http://example.com/UNDEFINED":true}""", Claims()));

    [Theory]
    [InlineData("\"JWT\"")]
    [InlineData("\"jwt\"")]
    [InlineData("\"at+jwt\"")]
    [InlineData("\"application/at+jwt\"")]
    public Task The_type_of_an_access_token_is_taken(string type) => nodes.TakesAsync(Signed($$"""{"alg":"HS256","typ":{{type}}}""", Claims()));

    [Theory]
    [InlineData("\"logout+jwt\"")]
    [InlineData("\"dpop+jwt\"")]
    [InlineData("\"secevent+jwt\"")]
    [InlineData("\"JWE\"")]
    [InlineData("\"application/\"")]
    [InlineData("[\"JWT\"]")]
    [InlineData("7")]
    public Task A_token_of_another_type_is_refused(string type) => nodes.RefusesAsync(Signed($$"""{"alg":"HS256","typ":{{type}}}""", Claims()));

    [Theory]
    [InlineData("\"../../../../../../dev/null\"", "")]
    [InlineData("\"/proc/sys/kernel/randomize_va_space\"", "2\n")]
    [InlineData("\"x' UNION SELECT 'secret' -- \"", "secret")]
    [InlineData("\"|/bin/sleep 20\"", "")]
    [InlineData("\"http://127.0.0.1/key\"", "")]
    [InlineData("\"\\u0000\"", "\0")]
    [InlineData("\"\"", "")]
    [InlineData("null", "")]
    [InlineData("[\"a\"]", "a")]
    [InlineData("{\"a\":1}", "a")]
    [InlineData("\"long\"", "")]
    public async Task The_key_is_not_chosen_by_what_the_token_calls_it(string kid, string secret)
    {
        var header = $$"""{"alg":"HS256","kid":{{kid.Replace("long", new string('k', 4096), StringComparison.Ordinal)}}}""";

        await nodes.RefusesAsync(HandmadeJwt.Join(header, Claims(), content => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), content)));
        await nodes.TakesAsync(Signed("""{"alg":"HS256"}""", Claims()));
    }

    [Theory]
    [InlineData("iss", "[\"intotes\"]")]
    [InlineData("iss", "[\"intotes\",\"elsewhere\"]")]
    [InlineData("iss", "{\"intotes\":true}")]
    [InlineData("iss", "null")]
    [InlineData("iss", "7")]
    [InlineData("iss", "\"\"")]
    [InlineData("iss", "\"intotes/\"")]
    [InlineData("iss", "\"Intotes\"")]
    [InlineData("iss", "\"intotes \"")]
    [InlineData("iss", "\"intotes\\u0000\"")]
    [InlineData("iss", "\"https://intotes\"")]
    [InlineData("iss", "\"int\\u03bftes\"")]
    [InlineData("aud", "[]")]
    [InlineData("aud", "[[\"intotes-chat\"]]")]
    [InlineData("aud", "[\"intotes-backoffice\",\"intotes\"]")]
    [InlineData("aud", "{\"intotes-chat\":true}")]
    [InlineData("aud", "null")]
    [InlineData("aud", "\"\"")]
    [InlineData("aud", "\"*\"")]
    [InlineData("aud", "\"Intotes-Chat\"")]
    [InlineData("aud", "\"intotes-chat/\"")]
    [InlineData("aud", "\"intotes-chat,intotes-backoffice\"")]
    [InlineData("aud", "\"intotes-chat intotes-backoffice\"")]
    [InlineData("exp", "\"9999999999\"")]
    [InlineData("exp", "null")]
    [InlineData("exp", "true")]
    [InlineData("exp", "[9999999999]")]
    [InlineData("exp", "{}")]
    [InlineData("exp", "0")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "-9223372036854775808")]
    [InlineData("exp", "1.5")]
    [InlineData("exp", "1e400")]
    [InlineData("nbf", "\"0\"")]
    [InlineData("nbf", "null")]
    [InlineData("nbf", "[0]")]
    [InlineData("nbf", "9223372036854775807")]
    [InlineData("nbf", "1e30")]
    [InlineData("iat", "\"yesterday\"")]
    [InlineData("sub", "null")]
    [InlineData("sub", "7")]
    [InlineData("sub", "[\"a\",\"b\"]")]
    [InlineData("sub", "{\"a\":\"b\"}")]
    [InlineData("sub", "true")]
    public Task A_claim_that_is_not_what_it_must_be_is_refused(string claim, string value) => nodes.RefusesAsync(Signed("""{"alg":"HS256"}""", Claims(claim, value)));

    [Theory]
    [InlineData("aud", "[\"intotes-backoffice\",\"intotes-chat\"]")]
    [InlineData("exp", "9999999999.5")]
    [InlineData("exp", "1e11")]
    [InlineData("exp", "9223372036854775807")]
    [InlineData("nbf", "0")]
    [InlineData("nbf", "-1")]
    [InlineData("nbf", "1.5")]
    public Task A_claim_in_a_form_that_the_standard_allows_is_taken(string claim, string value) => nodes.TakesAsync(Signed("""{"alg":"HS256"}""", Claims(claim, value)));

    [Theory]
    [InlineData("sub", "\"somebody-else\"")]
    [InlineData("exp", "9999999999")]
    [InlineData("iss", "\"intotes\"")]
    [InlineData("aud", "\"intotes-chat\"")]
    [InlineData("role", "\"operator\"")]
    [InlineData("r\\u006fle", "\"operator\"")]
    public async Task A_claim_that_is_there_twice_is_refused_whichever_comes_first(string claim, string value)
    {
        var claims = Claims("role", "\"customer\"");

        await nodes.RefusesAsync(Signed("""{"alg":"HS256"}""", claims[..^1] + $",\"{claim}\":{value}}}"));
        await nodes.RefusesAsync(Signed("""{"alg":"HS256"}""", $"{{\"{claim}\":{value}," + claims[1..]));
    }

    [Theory]
    [InlineData("{\"alg\":\"none\",\"alg\":\"HS256\"}")]
    [InlineData("{\"alg\":\"HS256\",\"alg\":\"none\"}")]
    [InlineData("{\"alg\":\"HS256\",\"alg\":\"HS256\"}")]
    [InlineData("{\"alg\":\"HS256\"} {}")]
    [InlineData("{\"alg\":\"HS256\",}")]
    [InlineData("{\"ALG\":\"HS256\"}")]
    [InlineData("[\"HS256\"]")]
    [InlineData("\"HS256\"")]
    [InlineData("")]
    public Task A_header_that_is_not_one_object_with_each_name_once_is_refused(string header) => nodes.RefusesAsync(Signed(header, Claims()));

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"{}\"")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("a token")]
    public Task Claims_that_are_not_one_object_are_refused(string claims) =>
        nodes.RefusesAsync(Signed("""{"alg":"HS256","cty":"JWT"}""", claims == "a token" ? Signed("""{"alg":"HS256"}""", Claims()) : claims));

    private string Signed(string header, string claims) => HandmadeJwt.Join(header, claims, content => HMACSHA256.HashData(Key, content));

    /// <summary>Good claims in JSON, but for one.</summary>
    private string Claims(string? name = null, string? value = null)
    {
        var claims = new HandmadeJwt("", user).Claims;
        claims.Remove(name ?? "");
        var json = claims.ToJsonString();
        return name is null ? json : json[..^1] + $",\"{name}\":{value}}}";
    }
}
