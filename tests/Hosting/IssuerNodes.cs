using Intotes.Chat.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>A node that takes an issuer's keys, and the issuer; the age of the keys is by a clock that the test moves.</summary>
public sealed class IssuerNodes(ChatNodes shared) : IAsyncLifetime
{
    private ChatNodes? nodes;

    public IssuerStandIn Issuer { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public ChatNodes Nodes => nodes!;

    /// <param name="shared">Those of all tests.</param>
    /// <param name="isAway">Whether the issuer does not listen yet.</param>
    public static async Task<IssuerNodes> StartAsync(ChatNodes shared, bool isAway = false)
    {
        var issued = new IssuerNodes(shared);
        await issued.StartNodeAsync();
        await (isAway ? Task.CompletedTask : issued.Issuer.StartAsync());
        return issued;
    }

    public async ValueTask InitializeAsync()
    {
        await StartNodeAsync();
        await Issuer.StartAsync();
    }

    /// <summary>Opens a session with this token.</summary>
    public Task<Answer> OpenAsync(string token) => Nodes.OpenAsync(token);

    public async ValueTask DisposeAsync()
    {
        await using var second = Issuer;
        await using var first = nodes;
    }

    private async Task StartNodeAsync() => nodes = await ChatNodes.StartAsync(
        shared.Redis.Configuration,
        1,
        new Dictionary<string, string> { ["Jwt:Authority"] = Issuer.Address + "/", ["Jwt:SigningKey"] = "" },
        services =>
        {
            services.AddHttpClient(nameof(IssuerKeys)).ConfigurePrimaryHttpMessageHandler(Issuer.Client);
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<IssuerKeys>(provider, Time));
        });
}
