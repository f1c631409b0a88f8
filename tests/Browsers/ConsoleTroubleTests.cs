using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using Intotes.Chat.Tests.Redis;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Answers that get lost, operators that vanish, and servers that restart: the console goes on by itself, and nothing is done twice.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleTroubleTests(Chromium chromium, ChatNodes shared) : IAsyncLifetime
{
    /// <summary>Longer than all pauses of the console together.</summary>
    private static readonly LocatorAssertionsToContainTextOptions Patience = new() { Timeout = 45_000 };

    private readonly LogWatch logs = new();
    private readonly int[] ports = [RedisPort.Free(), RedisPort.Free()];
    private readonly ChatNode[] nodes = new ChatNode[2];
    private RedisServerProcess redis = null!;
    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        (nodes[0], nodes[1]) = (Start(0), Start(1));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await redis.DisposeAsync();
    }

    [Fact]
    public async Task A_claim_whose_answer_is_lost_takes_one_call()
    {
        var (ann, ben) = (await CallerAsync("Ann"), await CallerAsync("Ben"));
        await using var dana = await SignInAsync(0);
        await LoseFirstAnswerAsync(dana, "**/operator/calls/claim");

        await dana.TakeNextAsync();

        await Expect(dana.Page.GetByRole(AriaRole.Heading, new() { Name = "Ann" })).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await Expect(dana.Conversations).ToHaveCountAsync(1);
        Assert.Equal("active", await StatusAsync(ann));
        Assert.Equal("waiting", await StatusAsync(ben));
    }

    [Fact]
    public async Task A_message_whose_answer_is_lost_is_there_once()
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync(0);
        await dana.TakeNextAsync();
        await LoseFirstAnswerAsync(dana, "**/chat/message");

        await dana.SayAsync("Only once");
        await dana.SayAsync("And then this");

        await SeesAsync(ann, "Only once", "And then this");
        await dana.SeesAsync("Only once", "And then this");
        await Expect(dana.Page.GetByText("Not sent")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task One_that_is_closed_before_the_next_poll_is_said_to_be_closed_with_its_last_words()
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync(0);
        var (isHeld, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await dana.Page.RouteAsync("**/operator/poll**", async route =>
        {
            isHeld.TrySetResult();
            await goOn.Task;
            await route.ContinueAsync();
        });
        // Ends a poll that waits already; the next is held.
        await CallerAsync("Ben");
        await isHeld.Task.WaitAsync(TestContext.Current.CancellationToken);
        await dana.TakeNextAsync();
        await Expect(dana.Composer).ToBeVisibleAsync();

        (await ann.SayAsync("Never mind")).Expect(HttpStatusCode.Created);
        (await ann.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        // So many as the poll cannot know of: else it would find no news, and wait.
        await CallerAsync("Cem");
        await CallerAsync("Dan");
        var looks = 0;
        dana.Page.Request += (_, request) => looks += request.Url.Contains("/operator/sessions/", StringComparison.Ordinal) ? 1 : 0;
        goOn.SetResult();

        await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();
        await Expect(dana.Texts).ToContainTextAsync(["Never mind"]);
        await Expect(dana.Conversations).ToContainTextAsync(["Closed"]);
        // To ask for the details would be recorded as a look at the customer.
        Assert.Equal(0, looks);
    }

    [Fact]
    public async Task When_an_operator_vanishes_another_takes_over_where_it_stood()
    {
        var ann = await CallerAsync("Ann");
        var dana = await SignInAsync(0);
        await dana.TakeNextAsync();
        await dana.SayAsync("I shall be gone soon");
        await SeesAsync(ann, "I shall be gone soon");
        await using var eve = await SignInAsync(1, "Eve");

        await dana.DisposeAsync();

        await Expect(eve.Calls).ToContainTextAsync(["Ann"], new() { Timeout = 45_000 });
        await eve.TakeNextAsync();
        await eve.SayAsync("I am here now");
        await SeesAsync(ann, "I shall be gone soon", "I am here now");
        await eve.SeesAsync("I shall be gone soon", "I am here now");
    }

    [Fact]
    public async Task Redis_restarts_in_the_middle_and_what_was_written_meanwhile_arrives_once()
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync(0);
        dana.Browser.Expecting("Failed to load resource");
        await dana.TakeNextAsync();
        await dana.SayAsync("Before");
        await SeesAsync(ann, "Before");

        await redis.KillAsync();
        await dana.SayAsync("During");
        await Expect(dana.Line).ToContainTextAsync("Reconnecting", Patience);
        await Expect(dana.Page.GetByText("Not sent yet")).ToBeVisibleAsync(new() { Timeout = 45_000 });
        await redis.StartAgainAsync();

        await Expect(dana.Line).ToContainTextAsync("Connected", Patience);
        await SeesAsync(ann, "Before", "During");
        await ann.SayAsync("After");
        await dana.SeesAsync("Before", "During", "After");
        await Expect(dana.Page.GetByText("Not sent yet")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_node_restarts_and_the_console_says_so_and_catches_up_by_itself()
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync(0);
        dana.Browser.Expecting("Failed to load resource");
        await dana.TakeNextAsync();
        await dana.Composer.FillAsync("Half a sen");

        await nodes[0].DisposeAsync();
        await Expect(dana.Line).ToContainTextAsync("Reconnecting", Patience);
        await Expect(dana.Line).ToContainTextAsync("Again in", Patience);
        (await ann.SayAsync("Where are you?")).Expect(HttpStatusCode.Created);
        nodes[0] = Start(0);

        await Expect(dana.Line).ToContainTextAsync("Connected", Patience);
        await dana.SeesAsync("Where are you?");
        await Expect(dana.Composer).ToHaveValueAsync("Half a sen");
    }

    /// <summary>The service does what was asked, and the page does not hear of it.</summary>
    [Theory]
    [InlineData("text/html", "<title>Back soon</title>")]
    [InlineData("application/json", "")]
    public async Task An_answer_that_is_not_the_services_is_none(string type, string body)
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync(0);
        await dana.TakeNextAsync();
        await dana.Page.RouteAsync("**/chat/message", route => route.FulfillAsync(new() { ContentType = type, Body = body }), new() { Times = 1 });

        await dana.SayAsync("Only once");

        await SeesAsync(ann, "Only once");
        await dana.SeesAsync("Only once");
        await Expect(dana.Page.GetByText("Not sent")).ToHaveCountAsync(0);
    }

    private static async Task LoseFirstAnswerAsync(ConsoleOperator dana, string address)
    {
        dana.Browser.Expecting("Failed to load resource");
        await dana.Page.RouteAsync(address, async route =>
        {
            await route.FetchAsync();
            await route.AbortAsync();
        }, new() { Times = 1 });
    }

    private ChatNode Start(int node) => ChatNode.Start(redis.Configuration, logs, new Dictionary<string, string>
    {
        ["urls"] = $"http://127.0.0.1:{ports[node]}",
        ["Chat:OperatorLeaseSeconds"] = "6",
    });

    private Uri Address(int node) => new($"http://127.0.0.1:{ports[node]}");

    private Task<ConsoleOperator> SignInAsync(int node, string name = "Dana") => ConsoleOperator.SignInAsync(chromium, Address(node), name);

    /// <summary>A visitor at the second node, which stays.</summary>
    private async Task<DeskCaller> CallerAsync(string name)
    {
        var visitor = new DeskCaller(ChatClient.Anonymous(shared), () => Address(1));
        (await visitor.OpenAsync(new { name })).Expect(HttpStatusCode.Created);
        (await visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK);
        return visitor;
    }

    private static async Task<string?> StatusAsync(DeskCaller visitor) => (string?)(await visitor.PollAsync())["status"];

    private static async Task SeesAsync(DeskCaller visitor, params string[] texts)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            var answer = await visitor.PollAsync();
            if (answer.Status == HttpStatusCode.OK
                && answer["messages"]!.AsArray().Where(m => (string?)m!["event"] is null).Select(m => (string)m!["text"]!).SequenceEqual(texts))
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(45), $"The visitor sees {answer.Body?.ToJsonString()}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
