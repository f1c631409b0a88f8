using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>The bearer token of an operator is older than operators' tokens may be.</summary>
public sealed class TokenTooOldException() : SecurityTokenExpiredException("The token was issued too long ago for an operator.");

/// <summary>Why a bearer token was refused, as a word of the security events.</summary>
public static class TokenFaults
{
    public static string ReasonOf(Exception? failure) => failure switch
    {
        TokenTooOldException => "token_too_old",
        SecurityTokenExpiredException => "token_expired",
        SecurityTokenNotYetValidException or SecurityTokenNoExpirationException or SecurityTokenInvalidLifetimeException => "token_time",
        SecurityTokenInvalidSignatureException or SecurityTokenInvalidAlgorithmException => "token_signature",
        SecurityTokenInvalidIssuerException => "token_issuer",
        SecurityTokenInvalidAudienceException => "token_audience",
        SecurityTokenInvalidTypeException => "token_kind",
        AuthenticationFailureException => "token_claims",
        _ => "token_malformed",
    };
}
