using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Operators on an address of their own.</summary>
public sealed class OperatorSideTests(ChatNodes nodes)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operators_are_served_there_and_nowhere_else()
    {
        var side = new Uri($"http://127.0.0.1:{RedisPort.Free()}");
        await using var node = ChatNode.Start(nodes.Redis.Configuration, new LogWatch(), new Dictionary<string, string> { ["Operator:Url"] = side.ToString() });
        var addresses = node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var open = Assert.Single(addresses.Select(address => new Uri(address)), address => address.Port != side.Port);
        var (dana, ann) = (Jwt.Issue(ChatClient.NewId("operator"), "Dana", "operator"), Jwt.Issue(ChatClient.NewId("user")));

        foreach (var path in (string[])["/operator", "/operator/", "/operator/app.js", "/OPERATOR", "/%6fperator", "/api/v1/operator/calls", "/API/V1/Operator/calls", "/api/v1/operator"])
        {
            var hidden = await SendAsync(HttpMethod.Get, open, path, dana);
            Assert.True(hidden.Status == 404 && (string?)hidden.Body?["code"] == "not_found", $"{path}: {hidden.Status}");
        }

        Assert.Equal(404, (await SendAsync(HttpMethod.Post, open, "/api/v1/operator/calls/claim", dana)).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, side, "/operator", null)).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, side, "/api/v1/operator/stats", dana)).Status);

        // The chat's endpoints are the visitors', and on their own address the operators' too.
        var session = await SendAsync(HttpMethod.Post, open, "/api/v1/chat/session", ann);
        Assert.Equal(201, session.Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, open, "/api/v1/chat/session/call-operator", ann)).Status);
        var id = (string)session.Body!["sessionId"]!;
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, side, "/api/v1/operator/calls/claim", dana, new { sessionId = id })).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, side, $"/api/v1/chat/history?sessionId={id}", dana)).Status);
        Assert.Equal(201, (await SendAsync(HttpMethod.Post, side, "/api/v1/chat/message", dana, new { text = "Hello", sessionId = id })).Status);
        foreach (var path in (string[])["history", "poll", "events", "availability"])
        {
            var refused = await SendAsync(HttpMethod.Get, open, $"/api/v1/chat/{path}?sessionId={id}", dana);
            Assert.True(refused.Status == 403 && (string?)refused.Body?["code"] == "forbidden", $"{path}: {refused.Status}");
        }

        Assert.Equal(403, (await SendAsync(HttpMethod.Post, open, "/api/v1/chat/message", dana, new { text = "Hello", sessionId = id })).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Post, open, "/api/v1/accounts/erase", Jwt.Issue("sue", "Sue", "supervisor"), new { userId = "nobody" })).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, open, "/widget.js", null)).Status);
        Assert.Equal(200, (await SendAsync(HttpMethod.Get, open, "/health/ready", null)).Status);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080")] // the public one
    [InlineData("http://127.0.0.2:5080")]
    [InlineData("http://127.0.0.1:9464")] // that of the metrics
    [InlineData("127.0.0.1:5081")]
    [InlineData("http://127.0.0.1:5081/operator")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("ftp://127.0.0.1:5081")]
    public void An_address_that_cannot_tell_the_sides_apart_refuses_to_start(string url)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Operator:Url", url), new("Management:Url", "http://127.0.0.1:9464")]).Build();

        var refusal = Assert.Throws<CannotStartException>(() => OperatorSide.With("http://127.0.0.1:5080;http://[::1]:5080", configuration));

        Assert.Contains("Operator__Url", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_setting_nothing_changes()
    {
        var configuration = new ConfigurationBuilder().Build();

        Assert.Equal("http://*:80", OperatorSide.With("http://*:80", configuration));
    }

    private static async Task<(int Status, JsonNode? Body)> SendAsync(HttpMethod method, Uri side, string path, string? bearer, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(side, path)) { Content = body is null ? null : JsonContent.Create(body) };
        if (bearer is not null)
        {
            request.Headers.Add("Authorization", "Bearer " + bearer);
        }

        using var response = await Http.SendAsync(request, Ct);
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return ((int)response.StatusCode, isJson ? JsonNode.Parse(await response.Content.ReadAsStringAsync(Ct)) : null);
    }
}
