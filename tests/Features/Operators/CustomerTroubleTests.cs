using System.Net;
using Microsoft.AspNetCore.Http;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>A platform in trouble. Its nodes are their own, for they leave a platform in trouble alone for a while.</summary>
public sealed class CustomerTroubleTests(PlatformNodes desk) : DeskTest(desk), IClassFixture<PlatformNodes>
{
    /// <summary>Two attempts of 2 s and 0.1 s between them, and as much again for a busy machine.</summary>
    private static readonly TimeSpan GivesUpWithin = TimeSpan.FromSeconds(8.5);

    /// <summary>The conversation waits 1 s for the platform; the rest is for a busy machine.</summary>
    private static readonly TimeSpan ShownWithin = TimeSpan.FromSeconds(3);

    private PlatformNodes Platform => (PlatformNodes)Desk;

    [Theory]
    [InlineData("500")]
    [InlineData("404")]
    [InlineData("hangs")]
    [InlineData("breaks off")]
    [InlineData("breaks off midway")]
    [InlineData("says nonsense")]
    [InlineData("says it in an unknown charset")]
    [InlineData("says something else")]
    [InlineData("is gone")]
    public async Task A_platform_that_does_not_help_is_unavailable_and_the_conversation_goes_on(string trouble)
    {
        await HelpsAsync();
        using var end = new CancellationTokenSource();
        Platform.Answers = trouble switch
        {
            "500" => static http => Status(http, HttpStatusCode.InternalServerError),
            "404" => static http => Status(http, HttpStatusCode.NotFound),
            "hangs" => http => Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, end.Token).Token)
                .ContinueWith(static _ => { }, TaskScheduler.Default),
            "breaks off" => static http =>
            {
                http.Abort();
                return Task.CompletedTask;
            },
            "breaks off midway" => static async http =>
            {
                await http.Response.WriteAsync("{\"name\": \"An");
                await http.Response.Body.FlushAsync();
                http.Abort();
            },
            "says it in an unknown charset" => static http =>
            {
                http.Response.ContentType = "application/json; charset=bogus";
                return http.Response.WriteAsync("{}");
            },
            "says nonsense" => static http => http.Response.WriteAsync("<html>Sign in</html>"),
            _ => static http => http.Response.WriteAsync("\"maintenance\""),
        };
        if (trouble == "is gone")
        {
            await Platform.StopPlatformAsync();
        }

        var (dana, userId) = (Desk.Operator(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));
        var started = TimeProvider.System.GetTimestamp();
        var looking = dana.GetAsync($"operator/sessions/{call.SessionId}/customer");
        var reading = dana.GetAsync($"operator/sessions/{call.SessionId}");
        (await call.Visitor.SayAsync("Hello?")).Expect(HttpStatusCode.Created);
        (await dana.SayAsync("Hello!", call.SessionId)).Expect(HttpStatusCode.Created);

        var session = (await reading).Expect(HttpStatusCode.OK);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, ShownWithin);
        var customer = (await looking).Expect(HttpStatusCode.OK);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, GivesUpWithin);
        await end.CancelAsync();

        foreach (var answer in new[] { session["customer"]!, customer.Body! })
        {
            Assert.Equal("unavailable", (string?)answer["source"]);
            Assert.Null(answer["profile"]);
            Assert.Empty(answer["trades"]!.AsArray());
        }

        Assert.NotEmpty(session["messages"]!.AsArray());
        Assert.Equal(trouble == "is gone", Platform.RequestsFor(userId).Count == 0);
        await (trouble == "is gone" ? Platform.StartPlatformAsync() : Task.CompletedTask);
    }

    /// <summary>Returns once the platform answers both nodes, so that what comes then is not left unasked because of earlier trouble.</summary>
    private async Task HelpsAsync()
    {
        Platform.Answers = PlatformNodes.TellAsync;
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());
        await EventuallyAsync("the platform helps again", async () =>
        {
            var path = $"operator/sessions/{call.SessionId}/customer";
            var answers = new[] { await dana.GetAsync(path), await dana.GetAsync(path) };
            return answers.All(answer => (string?)answer["source"] == "live");
        });
    }

    private static Task Status(HttpContext http, HttpStatusCode status)
    {
        http.Response.StatusCode = (int)status;
        return Task.CompletedTask;
    }
}

/// <summary>What operators see where no platform is configured.</summary>
[Collection(nameof(DeskNodes))]
public sealed class NoPlatformTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Without_a_platform_customers_are_unavailable()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());

        var customer = (await dana.GetAsync($"operator/sessions/{call.SessionId}/customer")).Expect(HttpStatusCode.OK);

        Assert.Equal("unavailable", (string?)customer["source"]);
        Assert.Null(customer["profile"]);
        Assert.Empty(customer["trades"]!.AsArray());
    }
}
