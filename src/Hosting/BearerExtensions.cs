using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>Bearer tokens of the platform: JWTs signed with a shared key, or with the keys that an OIDC issuer publishes.</summary>
public static class BearerExtensions
{
    /// <summary>RFC 7519, section 4: names are unique. A parser that took the first of two would read another token than one that takes the last.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] Times = ["exp", "nbf", "iat"];

    /// <summary>The longest token that is taken, in bytes: issuers that list groups and rights write some 10 KB.</summary>
    public const int MostTokenBytes = 16 * 1024;

    /// <summary>The scheme Bearer: by the issuer's keys where there is one, else by the shared key.</summary>
    public static AuthenticationBuilder AddBearer(this AuthenticationBuilder authentication, JwtSettings jwt)
    {
        authentication.AddJwtBearer(o =>
        {
            o.MapInboundClaims = false;
            o.TokenValidationParameters = jwt.Parameters();
            o.TokenHandlers.OfType<TokenHandler>().ToList().ForEach(static handler => handler.MaximumTokenSizeInBytes = MostTokenBytes);
            o.Events = new JwtBearerEvents
            {
                OnMessageReceived = RecallAsync,
                OnTokenValidated = context =>
                {
                    if (Fault(context) is { } fault)
                    {
                        context.Fail(fault);
                    }
                    else if (OperatorTokens.Narrow((ClaimsIdentity)context.Principal!.Identity!, jwt, Now(context.HttpContext)) is { } tooOld)
                    {
                        context.Fail(tooOld);
                    }
                    else
                    {
                        Remember(context);
                    }

                    return Task.CompletedTask;
                },
            };
        });
        authentication.Services.AddSingleton(jwt).AddSingleton<CheckedTokens>().AddSingleton<KnownBearers>();
        if (jwt.Authority.Length > 0)
        {
            authentication.Services.AddSingleton<IssuerKeys>();
            authentication.Services.AddHttpClient(nameof(IssuerKeys), client => client.MaxResponseContentBufferSize = IssuerKeys.MostBytes);
            authentication.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IssuerKeys>((o, keys) =>
            {
                o.TokenHandlers.Clear();
                o.TokenHandlers.Add(new IssuerTokenHandler(keys) { MaximumTokenSizeInBytes = MostTokenBytes });
            });
        }

        return authentication;
    }

    /// <summary>
    /// A token that was checked before is good as long as it lasts and the key that signed it is known: the same key, and not an equal one, so that all are
    /// checked anew whenever the issuer's keys were fetched.
    /// </summary>
    private static async Task RecallAsync(MessageReceivedContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (Sent(context.Request) is { } token && services.GetRequiredService<CheckedTokens>().Find(token) is var (principal, key))
        {
            var keys = services.GetService<IssuerKeys>() is { } issuer ? await issuer.KnownAsync() : context.Options.TokenValidationParameters.IssuerSigningKeys;
            if (keys.Contains(key))
            {
                context.Principal = principal;
                context.Success();
            }
        }
    }

    private static void Remember(TokenValidatedContext context)
    {
        if (Sent(context.Request) is { } token && context.SecurityToken is { SigningKey: { } key, ValidTo: var expiry } && context.Principal is { Identity: ClaimsIdentity identity })
        {
            // An operator's may end before its own time.
            expiry = identity.Expiry() is { } earlier && earlier < expiry ? earlier : expiry;
            context.HttpContext.RequestServices.GetRequiredService<CheckedTokens>()
                .Note(token, identity, key, expiry, context.Options.TokenValidationParameters.ClockSkew);
        }
    }

    private static DateTimeOffset Now(HttpContext http) => http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();

    /// <summary>The whole text after the scheme; several credentials together are none that was found good.</summary>
    internal static string? Sent(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    /// <summary>Null, or what is wrong with a token whose signature, issuer, audience and times are right.</summary>
    private static string? Fault(TokenValidatedContext context)
    {
        var token = (JsonWebToken)context.SecurityToken;
        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedHeader), Strict);
            using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload), Strict);
            if (header.RootElement.TryGetProperty("crit", out _))
            {
                return "The token asks for an extension, and none is known here (RFC 7515, section 4.1.11).";
            }

            // The library also takes padding, the other alphabet and spare bits; then one token would have several texts (RFC 7515, section 2).
            if (Base64UrlEncoder.Encode(Base64UrlEncoder.DecodeBytes(token.EncodedSignature)) != token.EncodedSignature)
            {
                return "The signature is not written in the one way that it has.";
            }

            if (!claims.RootElement.TryGetProperty("sub", out var sub) || sub.ValueKind != JsonValueKind.String || sub.GetString() is not { Length: > 0 } id)
            {
                return "The token names nobody (sub).";
            }

            // The library takes numbers in strings too; RFC 7519, section 2, knows none.
            if (Times.Any(time => claims.RootElement.TryGetProperty(time, out var value) && value.ValueKind != JsonValueKind.Number))
            {
                return "A time is no number.";
            }

            // The roster separates operators from their sessions by a newline.
            var isOperator = context.Principal!.IsInRole(Access.OperatorRole) || context.Principal.IsInRole(Access.SupervisorRole);
            return isOperator && id.Contains('\n', StringComparison.Ordinal) ? "No operator has a newline in its id." : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "The token is no JSON as RFC 7519 wants it.";
        }
    }
}
