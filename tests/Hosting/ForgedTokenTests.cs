using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tokens of somebody who knows everything of the issuer but its private keys. None is taken, and none makes the service fetch anything.</summary>
public sealed class ForgedTokenTests(IssuerNodes node) : IClassFixture<IssuerNodes>
{
    private readonly string user = ChatClient.NewId("user");

    private IssuerStandIn Issuer => node.Issuer;

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    public async Task Genuine_ones_are_taken(string algorithm) =>
        await node.Nodes.TakesAsync(Genuine(IssuerStandIn.Token(user, algorithm, algorithm == "ES256" ? "ec" : "rsa"), algorithm));

    [Theory]
    [InlineData("\"none\"")]
    [InlineData("\"None\"")]
    [InlineData("\"NONE\"")]
    [InlineData("\"nOnE\"")]
    [InlineData("\" none\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("[\"RS256\"]")]
    [InlineData("{}")]
    [InlineData("\"rs256\"")]
    [InlineData("\"RS256 \"")]
    [InlineData("\"RS384\"")]
    [InlineData("\"RS512\"")]
    [InlineData("\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"")]
    public async Task No_other_algorithm_is_taken_signed_or_not(string algorithm)
    {
        var token = IssuerStandIn.Token(user, "", "rsa");
        token.Header["alg"] = JsonNode.Parse(algorithm);
        var hash = algorithm switch
        {
            "\"RS384\"" => HashAlgorithmName.SHA384,
            "\"RS512\"" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        var signed = token.WithSignature((_, content) => Issuer.Rsa.SignData(content, hash, RSASignaturePadding.Pkcs1));

        await node.Nodes.RefusesAsync(signed);
        await node.Nodes.RefusesAsync(signed[..(signed.LastIndexOf('.') + 1)]);
        await node.Nodes.TakesAsync(Issuer.Issue(user));
    }

    [Theory]
    [InlineData("SPKI PEM")]
    [InlineData("SPKI PEM and a newline")]
    [InlineData("SPKI DER")]
    [InlineData("PKCS#1 PEM")]
    [InlineData("PKCS#1 DER")]
    [InlineData("modulus")]
    [InlineData("modulus as text")]
    [InlineData("JWK")]
    [InlineData("nothing")]
    [InlineData("kid")]
    public async Task A_public_key_is_no_secret(string form)
    {
        var n = Issuer.Rsa.ExportParameters(false).Modulus!;
        var secret = form switch
        {
            "SPKI PEM" => Encoding.ASCII.GetBytes(Issuer.Rsa.ExportSubjectPublicKeyInfoPem()),
            "SPKI PEM and a newline" => Encoding.ASCII.GetBytes(Issuer.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            "SPKI DER" => Issuer.Rsa.ExportSubjectPublicKeyInfo(),
            "PKCS#1 PEM" => Encoding.ASCII.GetBytes(Issuer.Rsa.ExportRSAPublicKeyPem()),
            "PKCS#1 DER" => Issuer.Rsa.ExportRSAPublicKey(),
            "modulus" => n,
            "modulus as text" => Encoding.ASCII.GetBytes(Base64Url.EncodeToString(n)),
            "JWK" => Encoding.ASCII.GetBytes(System.Text.Json.JsonSerializer.Serialize(Issuer.Published["rsa"])),
            "kid" => "rsa"u8.ToArray(),
            _ => [],
        };

        foreach (var kid in new[] { "rsa", null })
        {
            await node.Nodes.RefusesAsync(IssuerStandIn.Token(user, "HS256", kid).WithSignature((_, content) => HMACSHA256.HashData(secret, content)));
            await node.Nodes.RefusesAsync(IssuerStandIn.Token(user, "RS256", kid).WithSignature((_, content) => HMACSHA256.HashData(secret, content)));
        }
    }

    [Theory]
    [InlineData("jwk")]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("x5c")]
    public async Task A_key_that_the_token_brings_or_points_to_is_not_used(string parameter)
    {
        using var own = RSA.Create(2048);
        var fetches = 0;
        await using var attacker = await AttackerAsync(() => Interlocked.Increment(ref fetches));
        var numbers = own.ExportParameters(false);
        var certificate = new CertificateRequest("CN=issuer", own, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));

        foreach (var kid in new[] { "rsa", "own", null })
        {
            var token = IssuerStandIn.Token(user, "RS256", kid);
            token.Header[parameter] = parameter switch
            {
                "jwk" => new JsonObject
                {
                    ["kty"] = "RSA", ["kid"] = kid, ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent),
                },
                "x5c" => new JsonArray(Convert.ToBase64String(certificate.RawData)),
                _ => attacker.Urls.Single() + "/keys",
            };
            token.Header["x5t"] = Base64Url.EncodeToString(certificate.GetCertHash());
            await node.Nodes.RefusesAsync(token.WithSignature((_, content) => own.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        }

        Assert.Equal(0, fetches);
        certificate.Dispose();
    }

    [Theory]
    [InlineData("r and s zero")]
    [InlineData("r and s the order of the curve")]
    [InlineData("r zero")]
    [InlineData("DER")]
    [InlineData("a byte short")]
    [InlineData("a byte long")]
    [InlineData("nothing")]
    [InlineData("another key")]
    public async Task Elliptic_signatures_are_two_numbers_in_range_by_the_right_key(string fault)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

        await node.Nodes.RefusesAsync(IssuerStandIn.Token(user, "ES256", "ec").WithSignature((_, content) =>
        {
            var good = Issuer.Ec.SignData(content, HashAlgorithmName.SHA256);
            return fault switch
            {
                "r and s zero" => new byte[64],
                "r and s the order of the curve" => [.. order, .. order],
                "r zero" => [.. new byte[32], .. good[32..]],
                "DER" => Issuer.Ec.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
                "a byte short" => good[..^1],
                "a byte long" => [.. good, 0],
                "nothing" => [],
                _ => other.SignData(content, HashAlgorithmName.SHA256),
            };
        }));
    }

    [Theory]
    [InlineData("RS256", "ec")]
    [InlineData("PS256", "ec")]
    [InlineData("ES256", "rsa")]
    public async Task A_key_of_another_kind_checks_nothing(string algorithm, string kid)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await node.Nodes.RefusesAsync(IssuerStandIn.Token(user, algorithm, kid).WithSignature((_, content) => own.SignData(content, HashAlgorithmName.SHA256)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_encrypted_one_is_refused_even_if_the_token_inside_is_genuine(bool isSigned)
    {
        var key = new RsaSecurityKey(Issuer.Rsa) { KeyId = "rsa" };
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = "intotes",
            Audience = "intotes-chat",
            Claims = new Dictionary<string, object> { ["sub"] = user },
            Expires = TimeProvider.System.GetUtcNow().AddHours(1).UtcDateTime,
            SigningCredentials = isSigned ? new SigningCredentials(key, "RS256") : null,
            EncryptingCredentials = new EncryptingCredentials(key, "RSA-OAEP", "A128CBC-HS256"),
        };

        await node.Nodes.RefusesAsync(new JsonWebTokenHandler().CreateToken(descriptor));
    }

    private string Genuine(HandmadeJwt token, string algorithm) => token.WithSignature((_, content) => algorithm switch
    {
        "ES256" => Issuer.Ec.SignData(content, HashAlgorithmName.SHA256),
        "PS256" => Issuer.Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        _ => Issuer.Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
    });

    /// <summary>Listens where the forged tokens point.</summary>
    private static async Task<WebApplication> AttackerAsync(Action asked)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{RedisPort.Free()}");
        var attacker = builder.Build();
        attacker.Run(_ =>
        {
            asked();
            return Task.CompletedTask;
        });
        await attacker.StartAsync(TestContext.Current.CancellationToken);
        return attacker;
    }
}
