using Intotes.Chat.Features.Operators;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>By which key the platform is let in: not by the one that is sent to it.</summary>
public sealed class PlatformKeyTests
{
    private const string Outbound = "key-that-is-sent-to-the-platform", Inbound = "key-that-the-platform-sends-here";

    [Theory]
    [InlineData("", "", true)]
    [InlineData("q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ", "", true)]
    [InlineData("", "q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ", true)]
    [InlineData("q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ", "3oRi6tVxB0kq7Jm2vXr9TzLw4KpYc1Nb", true)]
    [InlineData("q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ", "q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ", false)]
    [InlineData("", "intotes-development-platform-key", false)]
    public void Outside_Development_the_keys_of_the_two_directions_differ(string outbound, string inbound, bool isGood) =>
        Assert.Equal(isGood, new PlatformOptions { ApiKey = outbound, InboundKey = inbound }.HasSafeInboundKey);

    [Theory]
    [InlineData("Production", true, true, Inbound, true)]
    [InlineData("Production", true, true, Outbound, false)]
    [InlineData("Production", true, false, Outbound, false)]
    [InlineData("Production", true, false, "", false)]
    [InlineData("Production", false, false, Outbound, true)]
    [InlineData("Production", false, true, Outbound, false)]
    [InlineData("Development", true, false, Outbound, true)]
    [InlineData("Development", true, true, Outbound, false)]
    [InlineData("Development", true, true, Inbound, true)]
    public async Task The_platform_is_let_in_by_a_key_that_is_sent_nowhere(string environment, bool isAsked, bool hasInbound, string sent, bool isLetIn)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Platform:BaseUrl"] = isAsked ? "https://platform.example/api" : "", ["Platform:ApiKey"] = Outbound, ["Platform:InboundKey"] = hasInbound ? Inbound : "",
        };
        var services = new ServiceCollection().AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = environment });
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, PlatformKeyAuthentication>(PlatformKeyAuthentication.SchemeName, null);
        await using var provider = services.BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = provider };
        http.Request.Headers[PlatformKeyAuthentication.Header] = sent;

        Assert.Equal(isLetIn, (await http.AuthenticateAsync(PlatformKeyAuthentication.SchemeName)).Succeeded);
    }
}
