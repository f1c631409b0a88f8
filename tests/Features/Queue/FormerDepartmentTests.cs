using System.Net;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>A department is removed while calls wait in it: sessions, queues and operators still name what the settings no longer have.</summary>
public sealed class FormerDepartmentTests(ChatNodes shared) : IAsyncLifetime
{
    private const string Former = "former";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LogWatch logs = new();
    private RedisServerProcess? redis;
    private ConnectionMultiplexer? connection;
    private ChatNode? node;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Warnings => string.Join('\n', logs.Unexpected);

    [Fact]
    public async Task Its_queue_is_served_until_it_is_empty()
    {
        var (dana, erik) = (Operator(), Operator());
        await Desk.Roster.SetPresenceAsync(new Caller.Operator(dana.Id, "Dana", IsSupervisor: false), new Presence(PresenceStatus.Online, 5, [Former]), Ct);
        var held = await CallAsync(Former);
        (await dana.ClaimAsync(held.SessionId)).Expect(HttpStatusCode.OK);
        var (first, second, third, other) = (await CallAsync(Former), await CallAsync(Former), await CallAsync(Former), await CallAsync("support"));
        var (undecided, closed) = (Visitor(), Visitor());
        var named = (string)(await undecided.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        await connection!.GetDatabase().HashSetAsync(Keys.Session(named), "department", Former);
        var answered = await CallAsync(Former);
        closed = answered.Visitor;
        (await dana.ClaimAsync(answered.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.SayAsync("Hello", answered.SessionId)).Expect(HttpStatusCode.Created);
        await closed.PostAsync("chat/session/close");

        await StartWithoutAsync();

        // The visitor and the operators see the same.
        Assert.Equal(("waiting", 1), await StandingAsync(first.Visitor));
        Assert.Equal([first.SessionId, second.SessionId, third.SessionId, other.SessionId], await erik.CallsAsync());
        Assert.Equal(4, (int)(await erik.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        Assert.Equal(4, (int)(await erik.GetAsync("operator/stats"))["waiting"]!);
        Assert.Equal(4, (await erik.GetAsync("operator/sessions?state=waiting")).Ids("sessions").Count);
        Assert.Contains($"department {Former}", Warnings, StringComparison.Ordinal);

        // It is served in its turn, by an operator of another department too, and by one whose only department is gone.
        await erik.ServeAsync("support");
        Assert.Equal(first.SessionId, (string?)(await erik.ClaimAsync()).Expect(HttpStatusCode.OK)["sessionId"]);
        var presence = (await dana.PutAsync("operator/presence", new { })).Expect(HttpStatusCode.OK);
        Assert.Empty(presence["departments"]!.AsArray());
        Assert.DoesNotContain((await dana.GetAsync("operator/operators"))["operators"]!.AsArray(), o => o!["departments"]!.AsArray().Any(d => (string?)d == Former));
        Assert.Equal(second.SessionId, (string?)(await dana.ClaimAsync()).Expect(HttpStatusCode.OK)["sessionId"]);

        // What comes back to it is not lost, and may be handed to a department that is there.
        (await erik.ReleaseAsync(first.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.ReleaseAsync(held.SessionId)).Expect(HttpStatusCode.OK);
        Assert.Equal([held.SessionId, first.SessionId, third.SessionId, other.SessionId], await erik.CallsAsync());
        Assert.Equal(("waiting", 1), await StandingAsync(held.Visitor));
        (await dana.TransferToDepartmentAsync(second.SessionId, "billing")).Expect(HttpStatusCode.OK);
        (await dana.TransferToDepartmentAsync(second.SessionId, Former)).ExpectInvalid("department");
        Assert.Equal(third.CalledAt, (string?)(await third.Visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK)["calledAt"]);

        // A new call of a session that named it goes to the first department.
        (await undecided.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK);
        Assert.Contains((await erik.GetAsync("operator/calls"))["calls"]!.AsArray(), call => (string?)call!["department"] == "support" && (string?)call["sessionId"] != other.SessionId);
        (await undecided.PostAsync("chat/session/call-operator", new { department = Former })).ExpectInvalid("department");
        (await closed.PostAsync("chat/session/rating", new { score = 5 })).Expect(HttpStatusCode.NoContent);

        // Once it is empty it is as if it had never been.
        foreach (var call in new[] { held, first, third })
        {
            (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
            (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
        }

        var departments = node!.Services.GetRequiredService<Departments>();
        await UntilAsync("only those of the settings are served", () => departments.Served.SequenceEqual(["support", "billing"]));
        Assert.Equal(0, await connection!.GetDatabase().KeyExistsAsync(Keys.OfQueue(Former)));
    }

    [Fact]
    public async Task A_session_whose_call_had_not_reached_its_queue_is_found_by_its_visitors_poll()
    {
        var call = await CallAsync(Former);
        await connection!.GetDatabase().KeyDeleteAsync([.. Keys.OfQueue(Former), Keys.Departments]);
        await StartWithoutAsync();

        await UntilAsync("it is listed", async () => await StandingAsync(call.Visitor) is ("waiting", 1) && (await Operator().CallsAsync()).SequenceEqual([call.SessionId]));
        Assert.Contains($"department {Former}", Warnings, StringComparison.Ordinal);
    }

    /// <summary>Where tokens say which departments an operator may serve, a renamed one is not open to all of a sudden.</summary>
    [Fact]
    public async Task A_token_that_grants_departments_grants_a_former_one_only_where_it_names_it()
    {
        var call = await CallAsync(Former);
        await StartWithoutAsync(new() { ["Jwt:DepartmentsClaim"] = "desks" });
        var (other, named, supervisor) = (Granted("support"), Granted($"support {Former}"), Granted(null, "supervisor"));

        Assert.Empty(await other.CallsAsync());
        Assert.Empty((await other.GetAsync("operator/sessions?state=waiting")).Ids("sessions"));
        Assert.Equal(0, (int)(await other.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        (await other.GetAsync($"operator/sessions/{call.SessionId}")).ExpectProblem(404, "session_not_found");
        (await other.ClaimAsync(call.SessionId)).ExpectProblem(404, "session_not_found");
        Assert.Equal(HttpStatusCode.NoContent, (await other.ClaimAsync()).Status);

        Assert.Equal([call.SessionId], await supervisor.CallsAsync());
        Assert.Equal([call.SessionId], await named.CallsAsync());
        Assert.Equal(1, (int)(await named.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        Assert.Equal(call.SessionId, (string?)(await named.ClaimAsync()).Expect(HttpStatusCode.OK)["sessionId"]);
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        node = ChatNode.Start(redis.Configuration, logs, new Dictionary<string, string> { ["Chat:Departments:2"] = Former });
        await UntilAsync("the departments are listed", async () => await connection.GetDatabase().KeyExistsAsync(Keys.Departments));
    }

    public async ValueTask DisposeAsync()
    {
        await (node?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (redis?.DisposeAsync() ?? ValueTask.CompletedTask);
        Assert.All(logs.Unexpected, line => Assert.Contains("which is not in the settings", line, StringComparison.Ordinal));
    }

    /// <summary>The service starts again without the former department.</summary>
    private async Task StartWithoutAsync(Dictionary<string, string>? settings = null)
    {
        await node!.DisposeAsync();
        node = ChatNode.Start(redis!.Configuration, logs, settings);
        var departments = node.Services.GetRequiredService<Departments>();
        if (await connection!.GetDatabase().KeyExistsAsync(Keys.OfQueue(Former)[1]))
        {
            await UntilAsync("the former department is found", () => departments.Served.Contains(Former));
        }
    }

    /// <summary>What the endpoints call. What they would have to validate goes past them: validators are the process's, and other nodes do not know the department.</summary>
    private Operators.Race.Desk Desk => new(node!.Services);

    private DeskCaller Visitor() => new(ChatClient.Anonymous(shared), () => node!.Address);

    private DeskCaller Operator()
    {
        var id = ChatClient.NewId("operator");
        return new DeskCaller(ChatClient.Operator(shared, id), () => node!.Address, id);
    }

    /// <summary>Whose token grants these departments; null for one that does not say.</summary>
    private DeskCaller Granted(string? departments, string role = "operator")
    {
        var jwt = new HandmadeJwt("intotes-development-signing-key-not-for-production", ChatClient.NewId("operator"));
        jwt.Claims["role"] = role;
        if (departments is not null)
        {
            jwt.Claims["desks"] = departments;
        }

        var client = ChatClient.Account(shared, (string)jwt.Claims["sub"]!);
        client.Bearer = jwt.WithSignature();
        return new DeskCaller(client, () => node!.Address);
    }

    private async Task<DeskCall> CallAsync(string department)
    {
        var visitor = Visitor();
        var sessionId = (string)(await visitor.OpenAsync())["sessionId"]!;
        await Desk.CallAsync(SessionToken.Parse(visitor.SessionToken!)!, department, Ct);
        return new DeskCall(visitor, sessionId, (string)(await visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK)["calledAt"]!);
    }

    private static async Task<(string?, int?)> StandingAsync(DeskCaller visitor)
    {
        var poll = (await visitor.PollAsync()).Expect(HttpStatusCode.OK);
        return ((string?)poll["status"], (int?)poll["queue"]?["position"]);
    }

    private static Task UntilAsync(string what, Func<bool> isSo) => UntilAsync(what, () => Task.FromResult(isSo()));

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }
}
