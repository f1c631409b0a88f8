using System.Text;

namespace DemoPlatform;

/// <summary>What the demo platform has to be told. The names are those of the chat service where both must agree.</summary>
public sealed record DemoSettings(byte[] SigningKey, string Issuer, string Audience, string ApiKey, Uri ChatBaseUrl)
{
    private const int ShortestHs256Key = 32;

    public static DemoSettings Read(IConfiguration configuration)
    {
        var signingKey = Encoding.UTF8.GetBytes(Required("Jwt:SigningKey"));
        if (signingKey.Length < ShortestHs256Key)
            throw new DemoException($"Jwt:SigningKey must be at least {ShortestHs256Key} bytes long.");

        if (!Uri.TryCreate(Required("Chat:BaseUrl"), UriKind.Absolute, out var chat) || chat.Scheme is not ("http" or "https"))
            throw new DemoException("Chat:BaseUrl must be an absolute http or https address.");

        return new(signingKey, Required("Jwt:Issuer"), Required("Jwt:Audience"), Required("Platform:ApiKey"), chat);

        string Required(string name) => configuration[name] is { Length: > 0 } value
            ? value
            : throw new DemoException($"{name} must be set.");
    }
}
