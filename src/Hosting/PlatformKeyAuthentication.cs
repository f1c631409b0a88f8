using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>
/// The trading platform itself, by its key (<c>Platform__InboundKey</c>), on the endpoints that it may call. Where none is set, <c>Platform__ApiKey</c> is taken,
/// but outside Development only where that one is sent nowhere: a host that was sent it must not be able to erase accounts with it.
/// </summary>
public sealed class PlatformKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IConfiguration configuration, IHostEnvironment environment)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "PlatformKey";
    public const string Header = "X-Api-Key";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
        InboundKey is { Length: > 0 } key && Request.Headers[Header].ToString() is { Length: > 0 } sent && AreSame(key, sent)
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(SchemeName)), SchemeName))
            : AuthenticateResult.NoResult());

    private string? InboundKey =>
        configuration["Platform:InboundKey"] is { Length: > 0 } inbound ? inbound
        : environment.IsDevelopment() || string.IsNullOrEmpty(configuration["Platform:BaseUrl"]) ? configuration["Platform:ApiKey"]
        : null;

    /// <summary>In a time that tells nothing of either. A header is read byte by byte (Latin-1), so these are the bytes that were sent.</summary>
    private static bool AreSame(string key, string sent) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), SHA256.HashData(Encoding.Latin1.GetBytes(sent)));
}
