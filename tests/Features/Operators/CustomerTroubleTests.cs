using System.Net;
using System.Text;
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
    [InlineData("redirects")]
    [InlineData("redirects with the method")]
    [InlineData("says nothing")]
    [InlineData("says less than asked")]
    [InlineData("says more than 1 MB")]
    [InlineData("says more than 1 MB in pieces")]
    [InlineData("says what becomes more than 1 MB")]
    [InlineData("nests 33 deep")]
    [InlineData("tells 51 trades")]
    [InlineData("says half a character")]
    [InlineData("names half a character")]
    [InlineData("says bytes that are no text")]
    [InlineData("says it in UTF-16")]
    [InlineData("has a list for a profile")]
    [InlineData("has no list of trades")]
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
            "redirects" => static http => Redirect(http, HttpStatusCode.Found),
            "redirects with the method" => static http => Redirect(http, HttpStatusCode.TemporaryRedirect),
            "says nothing" => static http => Status(http, HttpStatusCode.NoContent),
            "says less than asked" => static http =>
            {
                http.Response.StatusCode = (int)HttpStatusCode.PartialContent;
                return PlatformNodes.TellAsync(http);
            },
            "says more than 1 MB" => static http => ProfileAsync(http, Named(new string('a', (1024 * 1024) - 10))),
            "says more than 1 MB in pieces" => static async http =>
            {
                while (!http.RequestAborted.IsCancellationRequested)
                {
                    await http.Response.WriteAsync(new string('a', 64 * 1024));
                }
            },
            "says what becomes more than 1 MB" => static http => ProfileAsync(http, Named(new string('\x7f', 200_000))),
            "nests 33 deep" => static http => ProfileAsync(http, Nested(33)),
            "tells 51 trades" => static http => TradesAsync(http, Many(51)),
            "says half a character" => static http => ProfileAsync(http, Named("\\ud83d")),
            "names half a character" => static http => ProfileAsync(http, "{\"\\ude00\":1}"),
            "says bytes that are no text" => static http => http.Response.Body.WriteAsync(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }).AsTask(),
            "says it in UTF-16" => static http =>
            {
                http.Response.ContentType = "application/json; charset=utf-16";
                return http.Response.Body.WriteAsync(Encoding.Unicode.GetBytes("{}")).AsTask();
            },
            "has a list for a profile" => static http => ProfileAsync(http, "[]"),
            "has no list of trades" => static http => TradesAsync(http, "null"),
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
        Assert.DoesNotContain(Platform.Requests, request => request.Target.Contains("elsewhere", StringComparison.Ordinal));
        await (trouble == "is gone" ? Platform.StartPlatformAsync() : Task.CompletedTask);
    }

    /// <summary>As much as may be: nearly 1 MB, 32 levels, 50 trades.</summary>
    [Theory]
    [InlineData("text")]
    [InlineData("levels")]
    [InlineData("trades")]
    public async Task What_lies_within_the_limits_is_shown(string what)
    {
        await HelpsAsync();
        Platform.Answers = what switch
        {
            "text" => static http => ProfileAsync(http, Named(new string('a', (1024 * 1024) - 11))),
            "levels" => static http => ProfileAsync(http, Nested(32)),
            _ => static http => TradesAsync(http, Many(50)),
        };
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());

        var customer = (await dana.GetAsync($"operator/sessions/{call.SessionId}/customer")).Expect(HttpStatusCode.OK);

        Assert.Equal("live", (string?)customer["source"]);
        Assert.Equal(what == "trades" ? 50 : 2, customer["trades"]!.AsArray().Count);
    }

    private static string Named(string name) => $"{{\"name\":\"{name}\"}}";

    private static string Nested(int levels) => string.Concat(Enumerable.Repeat("{\"a\":", levels - 1)) + "{}" + new string('}', levels - 1);

    private static string Many(int trades) => $"[{string.Join(',', Enumerable.Repeat("{}", trades))}]";

    private static Task ProfileAsync(HttpContext http, string profile) =>
        http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal) ? http.Response.WriteAsync(profile) : PlatformNodes.TellAsync(http);

    private static Task TradesAsync(HttpContext http, string trades) =>
        http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal) ? PlatformNodes.TellAsync(http) : http.Response.WriteAsync(trades);

    private static Task Redirect(HttpContext http, HttpStatusCode status)
    {
        http.Response.Headers.Location = "/elsewhere";
        return Status(http, status);
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
