using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Tests.Hosting.Canaries;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>What the log tells of an account's erasure: that it was done, for whom and how much it was, but not whose.</summary>
public sealed class ErasureLogTests(ChatNodes nodes)
{
    private const string Key = "the platform's key";

    [Theory]
    [InlineData("supervisor", 2)]
    [InlineData("platform", 1)]
    [InlineData("platform", 0)]
    public async Task An_erasure_is_logged_once_by_its_role_and_count_and_names_nobody(string role, int conversations)
    {
        using var logs = new EverythingLogged();
        await using var node = ChatNode.Start(nodes.Redis.Configuration, logs, new Dictionary<string, string> { ["Platform:ApiKey"] = Key });
        var (user, supervisor) = (ChatClient.NewId("user"), ChatClient.NewId("supervisor"));
        var account = ChatClient.Account(nodes, user);
        var named = new List<string> { user, supervisor, Key };
        for (var i = 0; i < conversations; i++)
        {
            named.Add((string)(await account.SendToAsync(node.Address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created)["sessionId"]!);
            if (i + 1 < conversations)
            {
                (await account.SendToAsync(node.Address, HttpMethod.Post, "chat/session/close")).Expect(HttpStatusCode.OK);
            }
        }

        var before = logs.Lines.Count;
        var caller = role == "supervisor" ? ChatClient.Operator(nodes, supervisor, role: "supervisor") : ChatClient.Anonymous(nodes);
        var erased = await caller.SendAsync(HttpMethod.Post, "accounts/erase", JsonContent.Create(new { userId = user }), request =>
        {
            request.RequestUri = new Uri(node.Address, request.RequestUri!.PathAndQuery);
            if (role == "platform")
            {
                request.Headers.Add("X-Api-Key", Key);
            }
        });

        Assert.Equal(conversations, (int)erased.Expect(HttpStatusCode.OK)["erased"]!);
        var line = Assert.Single(logs.Lines.Skip(before), line => line.Category == typeof(EraseAccount).FullName);
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.StartsWith($"{conversations} conversations of an account were erased for a {role}\n", line.Text, StringComparison.Ordinal);
        Assert.All(named, name => Assert.DoesNotContain(name, line.Text, StringComparison.Ordinal));
    }
}
