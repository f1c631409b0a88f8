using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tokens whose text is damaged, in another form, or far too long.</summary>
public sealed class TokenTextTests(ChatNodes nodes)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private readonly string user = ChatClient.NewId("user");

    private byte[] Key => Encoding.UTF8.GetBytes(nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!);

    [Theory]
    [InlineData("signature a character short")]
    [InlineData("signature half")]
    [InlineData("signature empty")]
    [InlineData("signature and its dot gone")]
    [InlineData("signature with a byte more")]
    [InlineData("signature twice")]
    [InlineData("signature padded")]
    [InlineData("signature in the other alphabet")]
    [InlineData("signature with spare bits set")]
    [InlineData("signature in hexadecimal digits")]
    [InlineData("a space inside")]
    [InlineData("a tab inside")]
    [InlineData("a comma behind")]
    [InlineData("a dot behind")]
    [InlineData("a dot before")]
    [InlineData("quoted")]
    [InlineData("URL-encoded")]
    [InlineData("header empty")]
    [InlineData("claims empty")]
    [InlineData("claims not encoded (b64 false)")]
    [InlineData("claims detached (b64 false)")]
    [InlineData("JSON serialization")]
    [InlineData("encrypted in form only")]
    public async Task A_token_in_any_other_form_is_refused(string fault)
    {
        var good = Enumerable.Range(0, 1000)
            .Select(i => new HandmadeJwt("", user) { Claims = { ["jti"] = $"{i}" } }.WithSignature((_, content) => HMACSHA256.HashData(Key, content)))
            .First(token => token.Split('.')[2].Intersect("-_").Any());
        var (header, claims, signature) = good.Split('.') is [var first, var second, var third] ? (first, second, third) : default;
        var plain = new HandmadeJwt("", user).Claims.ToJsonString();
        const string Unencoded = """{"alg":"HS256","b64":false}""";

        await nodes.RefusesAsync(fault switch
        {
            "signature a character short" => good[..^1],
            "signature half" => good[..^(signature.Length / 2)],
            "signature empty" => $"{header}.{claims}.",
            "signature and its dot gone" => $"{header}.{claims}",
            "signature with a byte more" => HandmadeJwt.Join("""{"alg":"HS256"}""", plain, content => [.. HMACSHA256.HashData(Key, content), 0]),
            "signature twice" => good + signature,
            "signature padded" => good + "=",
            "signature in the other alphabet" => $"{header}.{claims}.{signature.Replace('-', '+').Replace('_', '/')}",
            "signature with spare bits set" => good[..^1] + Alphabet[Alphabet.IndexOf(good[^1], StringComparison.Ordinal) + 1],
            "signature in hexadecimal digits" => $"{header}.{claims}.{Convert.ToHexString(HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes($"{header}.{claims}")))}",
            "a space inside" => $"{header}. {claims}.{signature}",
            "a tab inside" => $"{header}.{claims}\t.{signature}",
            "a comma behind" => good + ",",
            "a dot behind" => good + ".",
            "a dot before" => "." + good,
            "quoted" => $"\"{good}\"",
            "URL-encoded" => good.Replace(".", "%2E", StringComparison.Ordinal),
            "header empty" => $".{claims}.{signature}",
            "claims empty" => HandmadeJwt.Join("""{"alg":"HS256"}""", "", content => HMACSHA256.HashData(Key, content)),
            "claims not encoded (b64 false)" => HandmadeJwt.Join(
                Unencoded, plain, _ => HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes($"{HandmadeJwt.Encode(Unencoded)}.{plain}"))),
            "claims detached (b64 false)" => $"{HandmadeJwt.Encode(Unencoded)}..{signature}",
            "JSON serialization" => new JsonObject { ["protected"] = header, ["payload"] = claims, ["signature"] = signature }.ToJsonString(),
            "encrypted in form only" => $"{header}.{claims}.{signature}.{claims}.{signature}",
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault."),
        });
        await nodes.TakesAsync(good);
    }

    /// <summary>RFC 9110, section 5.5: it is not part of a field's value.</summary>
    [Fact]
    public async Task White_space_behind_is_not_part_of_the_token() =>
        await nodes.TakesAsync(new HandmadeJwt("", user).WithSignature((_, content) => HMACSHA256.HashData(Key, content)) + " \t ");

    [Fact]
    public async Task Sixteen_kilobytes_are_taken_when_they_are_signed_and_refused_when_not()
    {
        await nodes.RefusesAsync(Signed(11_900, "no key"u8.ToArray()));
        await nodes.RefusesAsync(new string('A', 16 * 1024));
        await nodes.RefusesAsync(new string('.', 16 * 1024));
        var longest = Enumerable.Range(11_900, 300).Select(padding => Signed(padding, Key)).Last(token => token.Length <= 16 * 1024);
        Assert.InRange(longest.Length, (16 * 1024) - 3, 16 * 1024);
        await nodes.TakesAsync(longest);
    }

    [Theory]
    [InlineData(13_000)]
    [InlineData(30_000)]
    public Task A_longer_token_is_refused_in_words_even_when_it_is_signed(int padding) => nodes.RefusesAsync(Signed(padding, Key));

    private string Signed(int padding, byte[] key) =>
        new HandmadeJwt("", user) { Claims = { ["padding"] = new string('p', padding) } }.WithSignature((_, content) => HMACSHA256.HashData(key, content));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thousands_of_levels_are_refused_even_when_they_are_signed(bool inClaims)
    {
        var deep = $"{new string('[', 2_500)}{new string(']', 2_500)}";
        var (header, claims) = ("""{"alg":"HS256"}""", new HandmadeJwt("", user).Claims.ToJsonString());

        await nodes.RefusesAsync(inClaims
            ? HandmadeJwt.Join(header, claims[..^1] + $",\"deep\":{deep}}}", content => HMACSHA256.HashData(Key, content))
            : HandmadeJwt.Join(header[..^1] + $",\"deep\":{deep}}}", claims, content => HMACSHA256.HashData(Key, content)));
    }

    [Fact]
    public async Task As_many_claims_as_a_header_holds_cost_nothing_to_speak_of()
    {
        var claims = new HandmadeJwt("", user).Claims.ToJsonString();
        var many = string.Concat(Enumerable.Range(0, 500).Select(i => $",\"c{i}\":{i}"));

        await nodes.RefusesAsync(HandmadeJwt.Join("""{"alg":"HS256"}""", claims[..^1] + many + "}", content => HMACSHA256.HashData("no key"u8, content)));
        await nodes.TakesAsync(HandmadeJwt.Join("""{"alg":"HS256"}""", claims[..^1] + many + "}", content => HMACSHA256.HashData(Key, content)));
    }

    [Theory]
    [InlineData("65 KB")]
    [InlineData("1 MB")]
    [InlineData("100,000 claims")]
    public async Task Headers_over_64_KB_are_refused_by_the_server_itself(string size)
    {
        var claims = new HandmadeJwt("", user).Claims.ToJsonString();
        var token = size switch
        {
            "65 KB" => new string('A', 65 * 1024),
            "1 MB" => new string('A', 1024 * 1024),
            _ => HandmadeJwt.Join(
                """{"alg":"HS256"}""",
                claims[..^1] + string.Concat(Enumerable.Range(0, 100_000).Select(i => $",\"c{i}\":{i}")) + "}",
                content => HMACSHA256.HashData(Key, content)),
        };

        Assert.StartsWith("HTTP/1.1 431 ", await FirstLineAsync(token), StringComparison.Ordinal);
        await nodes.TakesAsync(new HandmadeJwt("", user).WithSignature((_, content) => HMACSHA256.HashData(Key, content)));
    }

    /// <summary>Sends no more than is read, because a server that hangs up on what it has not read takes its answer back with it (RFC 9112, section 9.6).</summary>
    private async Task<string?> FirstLineAsync(string token)
    {
        var (node, stop) = (nodes.NextAddress(), TestContext.Current.CancellationToken);
        using var client = new TcpClient();
        await client.ConnectAsync(node.Host, node.Port, stop);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = reader.ReadLineAsync(stop).AsTask();
        var request = Encoding.ASCII.GetBytes($"POST /api/v1/chat/session HTTP/1.1\r\nHost: {node.Authority}\r\nAuthorization: Bearer {token}\r\n\r\n");
        try
        {
            foreach (var part in request.Chunk(4096).TakeWhile(_ => !answer.IsCompleted))
            {
                await stream.WriteAsync(part, stop);
            }
        }
        catch (IOException)
        {
            // It hung up; what it said before counts.
        }

        return await answer;
    }
}
