using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>
/// The keys that the OIDC issuer publishes (OpenID Connect Discovery 1.0). Fetched when first needed and every <see cref="KeptFor"/>, so that a key
/// withdrawn there is refused here no later than that; those known go on being used while the issuer is away. Even if tokens name unknown keys, the issuer is asked once
/// at a time and at most once in <see cref="AskedAgainAfter"/>.
/// </summary>
/// <remarks>
/// Not JwtBearer's ConfigurationManager, because that fetches in the background (so it refuses the first token under a new key), asks an issuer that is away
/// again for each request, one after the other, keeps withdrawn keys as "last known good", and has no clock that a test can move.
/// </remarks>
public sealed partial class IssuerKeys(JwtSettings settings, IHttpClientFactory clients, TimeProvider time, ILogger<IssuerKeys> logger)
{
    /// <summary>How long a key that the issuer no longer publishes may still be good.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two fetches, however many tokens name keys that are not known.</summary>
    public static readonly TimeSpan AskedAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long the issuer may take for both of its documents.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The largest document that is read.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>RFC 7518, section 3.3.</summary>
    private const int LeastRsaBits = 2048;

    private readonly string metadata = settings.Authority.TrimEnd('/') + "/.well-known/openid-configuration";
    private readonly Lock gate = new();
    private Task fetching = Task.CompletedTask;
    private long? askedAt;
    private long fetchedAt;
    private volatile SecurityKey[] keys = [];
    private volatile bool isAway;

    /// <summary>Whether the last fetch failed, so that an unknown key may well be a good one.</summary>
    public bool IsAway => isAway;

    /// <summary>The keys, where they are not so old that the issuer has to be asked again; else none.</summary>
    public SecurityKey[] Fresh => time.GetElapsedTime(Interlocked.Read(ref fetchedAt)) <= KeptFor ? keys : [];

    /// <summary>The keys as they are, waiting for them only where there are none or they are old; not for an issuer that has just failed.</summary>
    public async Task<SecurityKey[]> KnownAsync()
    {
        if (keys.Length == 0)
        {
            await FetchAsync();
        }
        else if (time.GetElapsedTime(Interlocked.Read(ref fetchedAt)) > KeptFor)
        {
            var wait = !isAway;
            var fetch = FetchAsync();
            await (wait ? fetch : Task.CompletedTask);
        }

        return keys;
    }

    /// <summary>The keys after asking again, or the same where that was just done.</summary>
    public async Task<SecurityKey[]> AskAgainAsync()
    {
        await FetchAsync();
        return keys;
    }

    private Task FetchAsync()
    {
        lock (gate)
        {
            if (fetching.IsCompleted && (askedAt is not { } asked || time.GetElapsedTime(asked) >= AskedAgainAfter))
            {
                askedAt = time.GetTimestamp();
                fetching = Task.Run(FetchOnceAsync);
            }

            return fetching;
        }
    }

    private async Task FetchOnceAsync()
    {
        try
        {
            using var end = new CancellationTokenSource(Patience, time);
            using var client = clients.CreateClient(nameof(IssuerKeys));
            var published = await OpenIdConnectConfigurationRetriever.GetAsync(metadata, new Documents(client), end.Token);
            SecurityKey[] usable = [.. published.SigningKeys.Where(key => key is not (RsaSecurityKey or X509SecurityKey) || key.KeySize >= LeastRsaBits)];
            if (usable.Length == 0)
            {
                throw new InvalidDataException("It publishes no usable key.");
            }

            keys = usable;
            Interlocked.Exchange(ref fetchedAt, time.GetTimestamp());
            isAway = false;
        }
        catch (Exception e)
        {
            // Any failure there: the known keys go on being used.
            Log.Unavailable(logger, metadata, e.GetType().Name);
            isAway = true;
        }
    }

    /// <summary>Over https only, and no longer than asked: the library's own retriever does not stop when it is told to.</summary>
    private sealed class Documents(HttpClient client) : IDocumentRetriever
    {
        public Task<string> GetDocumentAsync(string address, CancellationToken cancel) => address.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            ? client.GetStringAsync(new Uri(address), cancel)
            : throw new InvalidDataException("It publishes keys over plain http.");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The issuer's keys could not be fetched from {Metadata}: {Error}")]
        public static partial void Unavailable(ILogger logger, string metadata, string error);
    }
}

/// <summary>The token may be good, but the key that it names is not known and the issuer does not answer.</summary>
public sealed class IssuerAwayException() : SecurityTokenException("The issuer's keys cannot be fetched.");

/// <summary>Checks tokens by the issuer's keys; one under a key that is not known has them fetched again first.</summary>
internal sealed class IssuerTokenHandler(IssuerKeys keys) : JsonWebTokenHandler
{
    /// <param name="token">The compact form.</param>
    /// <param name="validationParameters">This request's own.</param>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var known = await keys.KnownAsync();
        var result = await CheckAsync(known);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException && await keys.AskAgainAsync() is var newer && newer != known)
        {
            result = await CheckAsync(newer);
        }

        return result.Exception is SecurityTokenSignatureKeyNotFoundException && keys.IsAway
            ? new TokenValidationResult { Exception = new IssuerAwayException() }
            : result;

        Task<TokenValidationResult> CheckAsync(SecurityKey[] by)
        {
            validationParameters.IssuerSigningKeys = by;
            return base.ValidateTokenAsync(token, validationParameters);
        }
    }
}
